// What a root file system has of what the router takes, told from its files before anything of it runs.
import { readFileSync, statSync } from 'node:fs';
import { type ElfFacts, elfFacts } from '../../openwrt/elf.ts';
import { findInLayers } from './layers.ts';
import { parseRelease, type Release, RELEASE_FILE } from './release.ts';

export const PROGRAM_FOLDER = '/usr/lib/wanbond';
export const MAIN_FILE = `${PROGRAM_FOLDER}/dist/main.js`;
export const LAUNCHER = '/usr/bin/wanbond';
/** In the order in which the launcher looks. */
export const NODES: readonly string[] = [`${PROGRAM_FOLDER}/node`, '/usr/bin/node'];
export const SHELL = '/bin/sh';
const LIBNFTABLES = '/usr/lib/libnftables.so.1';
const LIBRARY_WITH_JSON = /^libjansson\./;

export interface Program {
  /** Absolute, in the root. */
  readonly path: string;
  /** Undefined: no program for a 64-bit little-endian CPU. */
  readonly elf: ElfFacts | undefined;
}

export interface RootFacts {
  /** Undefined: no OpenWrt. */
  readonly release: Release | undefined;
  readonly shell: Program | undefined;
  readonly node: Program | undefined;
  readonly hasLoader: (loader: string) => boolean;
  /** Whether the program is in it, with what starts it. */
  readonly hasProgram: boolean;
  readonly libnftables: 'with-json' | 'without-json' | undefined;
  readonly hasUci: boolean;
  readonly hasFw4: boolean;
}

/** @param layers absolute folders, the topmost first */
export function readRootFacts(layers: readonly string[]): RootFacts {
  const fileAt = (path: string): string | undefined => {
    const file = findInLayers(layers, path);
    return file !== undefined && statSync(file).isFile() ? file : undefined;
  };
  const has = (path: string): boolean => fileAt(path) !== undefined;
  const programAt = (path: string): Program | undefined => {
    const file = fileAt(path);
    return file === undefined ? undefined : { path, elf: elfFacts(readFileSync(file)) };
  };
  const release = fileAt(RELEASE_FILE);
  const node = NODES.find(has);
  return {
    release: release === undefined ? undefined : parseRelease(readFileSync(release, 'utf8')),
    shell: programAt(SHELL),
    node: node === undefined ? undefined : programAt(node),
    hasLoader: has,
    hasProgram: has(MAIN_FILE) && has(LAUNCHER),
    libnftables: jsonOf(programAt(LIBNFTABLES)?.elf),
    hasUci: has('/sbin/uci'),
    hasFw4: has('/sbin/fw4'),
  };
}

function jsonOf(library: ElfFacts | undefined): RootFacts['libnftables'] {
  if (!library) return undefined;
  return library.needed.some((name) => LIBRARY_WITH_JSON.test(name)) ? 'with-json' : 'without-json';
}
