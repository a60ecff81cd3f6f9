// Lays out the router's root file system, and judges it, before anything of the lab is built.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Cpu } from '../../openwrt/architecture.ts';
import { givenRoot } from './given-root.ts';
import { cpuOf, judgeRoot } from './judge-root.ts';
import { copyOwnProgram } from './own-layer.ts';
import { unpackPackage } from './package-layer.ts';
import { type Program, readRootFacts, type RootFacts } from './root-facts.ts';

export interface OpenwrtOptions {
  /** A folder, or a rootfs.tar.gz. */
  readonly rootfs: string;
  /** An .ipk or .apk of ours to lay over it. */
  readonly package?: string | undefined;
}

export interface PreparedRoot {
  readonly cpu: Cpu;
  readonly node: Program;
  /** As it was given. */
  readonly rootfs: string;
  /** Absolute folders, the topmost first; none of them is written to. */
  readonly layers: readonly string[];
  readonly facts: RootFacts;
  /** Where the router's program comes from: it was there, from the given package, or it is the one that runs the lab. */
  readonly programFrom: 'installed' | 'package' | 'running';
}

/** @param scratch a folder that is not there yet, for what is unpacked @throws WanbondError */
export async function prepareRoot(options: OpenwrtOptions, scratch: string): Promise<PreparedRoot> {
  const { rootfs } = options;
  const cpu = cpuOf(process.arch);
  mkdirSync(scratch, { mode: 0o700 });
  const given = await givenRoot(rootfs, join(scratch, 'rootfs'));
  const over = join(scratch, 'program');
  if (options.package !== undefined) await unpackPackage(options.package, over);
  const known = readRootFacts(options.package === undefined ? [given] : [over, given]);
  const isMissing = !known.hasProgram && options.package === undefined;
  // What is no OpenWrt is refused for that.
  if (isMissing && known.release) copyOwnProgram(over, cpu, rootfs);
  const layers = existsSync(over) ? [over, given] : [given];
  const facts = readRootFacts(layers);
  const node = judgeRoot(facts, rootfs, cpu);
  const programFrom = isMissing ? 'running' : options.package === undefined ? 'installed' : 'package';
  return { cpu, node, rootfs, layers, facts, programFrom };
}
