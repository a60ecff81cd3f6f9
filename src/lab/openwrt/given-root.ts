// The root file system that the operator gave: a folder, which is only read, or an archive, which is unpacked.
import { mkdirSync, openSync, readSync, closeSync, statSync, type Stats } from 'node:fs';
import { resolve } from 'node:path';
import { describe, WanbondError } from '../../base/error.ts';
import { mustRun } from '../command.ts';

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
const UNPACK_TIMEOUT_MS = 300_000;
const HINT = 'Give a rootfs.tar.gz as OpenWrt publishes it, or the folder into which it was unpacked.';

/**
 * The folder that it is in. @param scratch a folder for what is unpacked, not there yet
 * @throws WanbondError `bad-rootfs`
 */
export async function givenRoot(given: string, scratch: string): Promise<string> {
  let facts: Stats;
  try {
    facts = statSync(given);
  } catch (cause) {
    throw bad(`cannot read ${given}: ${describe(cause)}`, cause);
  }
  if (facts.isDirectory()) return resolve(given);
  if (!facts.isFile() || !startsWith(given, GZIP_MAGIC)) {
    throw bad(`${given} is neither a folder nor a tar.gz`);
  }
  mkdirSync(scratch);
  try {
    // Devices come from this machine.
    const options = ['--numeric-owner', '--exclude=./dev/*'];
    await mustRun(['tar', '-xzpf', given, '-C', scratch, ...options], { timeoutMs: UNPACK_TIMEOUT_MS });
  } catch (cause) {
    throw bad(`cannot unpack ${given}: ${describe(cause)}`, cause);
  }
  return scratch;
}

export function startsWith(file: string, magic: Buffer): boolean {
  const start = Buffer.alloc(magic.length);
  const fd = openSync(file, 'r');
  try {
    readSync(fd, start, 0, start.length, 0);
  } finally {
    closeSync(fd);
  }
  return start.equals(magic);
}

const bad = (message: string, cause?: unknown): WanbondError =>
  new WanbondError({ code: 'bad-rootfs', message, hint: HINT, cause });
