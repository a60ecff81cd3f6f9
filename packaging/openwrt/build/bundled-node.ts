// A Node that is to come with the package: whether a router can run it, and what it needs there.
import { readFileSync } from 'node:fs';
import { WanbondError } from '../../../src/base/error.ts';
import { ARCHITECTURES, type Cpu } from '../../../src/openwrt/architecture.ts';
import { elfFacts } from '../../../src/openwrt/elf.ts';

export interface BundledNode {
  readonly data: Buffer;
  readonly cpu: Cpu;
  /** Sonames. */
  readonly libraries: readonly string[];
}

/** @throws WanbondError `bad-node` */
export function readNode(path: string): BundledNode {
  let data: Buffer;
  try {
    data = readFileSync(path);
  } catch (cause) {
    throw refusal(path, 'cannot be read', 'Check the path, and that it is a file.', cause);
  }
  const facts = elfFacts(data);
  const cpu = ARCHITECTURES.find((one) => one.cpu.elfMachine === facts?.machine)?.cpu;
  if (!facts || !cpu) {
    throw refusal(
      path,
      'is no program for x86_64 or aarch64',
      'Give the program node itself, of the CPU of the router.',
    );
  }
  if (facts.interpreter === undefined) {
    throw refusal(
      path,
      'is linked statically, so that it cannot load koffi',
      'Give a Node that is linked with musl dynamically.',
    );
  }
  if (facts.interpreter !== cpu.loader) {
    throw refusal(
      path,
      `needs ${facts.interpreter}, which OpenWrt does not have`,
      `Give a Node that was built for musl: it asks for ${cpu.loader}.`,
    );
  }
  return { data, cpu, libraries: facts.needed };
}

const refusal = (path: string, what: string, hint: string, cause?: unknown): WanbondError =>
  new WanbondError({ code: 'bad-node', message: `${path} ${what}`, hint, cause });
