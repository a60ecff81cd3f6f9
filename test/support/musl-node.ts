// A Node that was built for musl, as a router has it: the given one, or the one inside pnpm's program for Alpine.
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { npmArchive } from '../../packaging/openwrt/build/npm-archive.ts';
import { untar } from '../../packaging/openwrt/build/tar.ts';
import { WanbondError } from '../../src/base/error.ts';

const CACHE = join(import.meta.dirname, '../../.make');
const NODE = join(CACHE, 'musl-node');
// Node 26.0, with a program of its own at its end. Its older ones are linked statically and could not load koffi.
const PNPM = {
  name: '@pnpm/linuxstatic-x64',
  version: '11.21.0',
  integrity:
    'sha512-6Y2u+AfOUuTqWgTCpFhySL8HAcONDucCFixKle9tWoW7bm8RF0+fwQBRWNWGdx+Toau07wZ1LNZPqN8gpgeBDQ==',
};
/** Where Node looks whether there is such a program: "1" says so. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:';

/** Its path, or why there is none. */
export async function muslNode(): Promise<{ readonly path: string } | { readonly missing: string }> {
  const given = process.env['WANBOND_MUSL_NODE'];
  if (given !== undefined) return { path: given };
  if (process.arch !== 'x64')
    return { missing: `npm has a Node for musl on x64 alone, and this is ${process.arch}` };
  try {
    if (!existsSync(NODE)) await fetch();
    return { path: NODE };
  } catch (error) {
    if (error instanceof WanbondError && error.code === 'npm-failed') return { missing: error.message };
    throw error;
  }
}

async function fetch(): Promise<void> {
  const files = await untar(gunzipSync(readFileSync(npmArchive(PNPM, join(CACHE, 'npm')))));
  const program = files.get('package/pnpm');
  const at = program?.indexOf(`${FUSE}1`) ?? -1;
  if (!program || at < 0) throw new Error(`${PNPM.name} holds no Node with a program at its end`);
  program.write('0', at + FUSE.length);
  mkdirSync(CACHE, { recursive: true });
  const fresh = `${NODE}.${process.pid}`;
  writeFileSync(fresh, program);
  chmodSync(fresh, 0o755);
  renameSync(fresh, NODE);
}
