// The files that a package installs: the program, its npm packages as far as they are used at run time, and the files of
// this folder.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { WanbondError } from '../../../src/base/error.ts';
import type { Cpu } from '../../../src/openwrt/architecture.ts';
import { EXECUTABLE, type FileEntry, PRIVATE, READABLE, sorted } from './file-entry.ts';
import { NAME } from './package-facts.ts';
import { npmFiles, pinnedIn } from './npm-archive.ts';

/** The folder of the program. */
export const PROGRAM = `usr/lib/${NAME}`;
const CONFIGS = 'etc/config/';

/** What is imported at run time, and the licences; koffi's sources and documentation stay out. */
function npmParts({ npm }: Cpu): Readonly<Record<string, readonly string[]>> {
  return {
    koffi: ['package.json', 'LICENSE.txt', 'index.js', 'src/koffi/index.js', 'src/koffi/src/static.js'],
    // The build for musl alone.
    [`@koromix/koffi-linux-${npm}`]: ['package.json', 'index.js', `musl_${npm}/koffi.node`],
  };
}

export interface PayloadOptions {
  readonly repository: string;
  readonly cpu: Cpu;
  /** Where fetched npm packages are kept. */
  readonly cache: string;
  /** The program node. */
  readonly node: Buffer | undefined;
}

/** @throws WanbondError */
export async function payload({ repository, cpu, cache, node }: PayloadOptions): Promise<FileEntry[]> {
  const read = (path: string): Buffer => readFileSync(join(repository, path));
  const npm: FileEntry[] = [];
  for (const [name, paths] of Object.entries(npmParts(cpu))) {
    const files = await npmFiles(pinnedIn(join(repository, 'package-lock.json'), name), cache);
    for (const path of paths) npm.push(npmEntry(name, path, files.get(path)));
  }
  return sorted([
    ...tree(join(repository, 'packaging/openwrt/files')).map(ownFile),
    ...tree(join(repository, 'dist')).map(({ path, data }) => ({
      path: `${PROGRAM}/dist/${path}`,
      mode: READABLE,
      data,
    })),
    { path: `${PROGRAM}/package.json`, mode: READABLE, data: manifest(read('package.json')) },
    { path: `${PROGRAM}/LICENSE`, mode: READABLE, data: read('LICENSE') },
    ...npm,
    ...(node === undefined ? [] : [{ path: `${PROGRAM}/node`, mode: EXECUTABLE, data: node }]),
  ]);
}

/** Absolute paths of the files that an upgrade leaves as their owner wrote them. */
export const conffilesOf = (files: readonly FileEntry[]): string[] =>
  files
    .map(({ path }) => path)
    .filter((path) => path.startsWith(CONFIGS))
    .map((path) => `/${path}`);

interface Found {
  readonly path: string;
  readonly data: Buffer;
  readonly isExecutable: boolean;
}

function tree(folder: string): Found[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => ({ path, facts: statSync(join(folder, path)) }))
    .filter(({ facts }) => facts.isFile())
    .map(({ path, facts }) => ({
      path,
      data: readFileSync(join(folder, path)),
      isExecutable: (facts.mode & 0o100) !== 0,
    }));
}

function ownFile({ path, data, isExecutable }: Found): FileEntry {
  const open = isExecutable ? EXECUTABLE : READABLE;
  return { path, data, mode: path.startsWith(CONFIGS) ? PRIVATE : open };
}

function npmEntry(name: string, path: string, data: Buffer | undefined): FileEntry {
  if (data) return { path: `${PROGRAM}/node_modules/${name}/${path}`, mode: READABLE, data };
  throw new WanbondError({
    code: 'npm-part',
    message: `${name} of npm has no ${path}`,
    hint: 'See what a newer version of it imports at run time, and list that in payload.ts.',
  });
}

/** What the program reads of package.json, and what makes Node take its files for modules. */
function manifest(text: Buffer): Buffer {
  const { name, version, description, license, type, imports, dependencies } = JSON.parse(
    text.toString(),
  ) as Record<string, unknown>;
  const kept = { name, version, description, license, type, imports, dependencies };
  return Buffer.from(`${JSON.stringify(kept, undefined, 2)}\n`);
}
