// The package for aarch64 under qemu: the program starts, and calls the kernel with koffi's build for that CPU. A daemon
// cannot run there, as qemu passes no generic netlink on, in which MPTCP's paths are set up.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageWords } from '../src/base/package-files.ts';
import { mustRun } from '../src/lab/command.ts';
import { unpackPackage } from '../src/lab/openwrt/package-layer.ts';
import { makeAarch64Root, QEMU } from './support/aarch64-root.ts';
import { buildIpk } from './support/built-package.ts';

const { version } = packageWords();
const ENV = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' };
const ARCHITECTURE = 'aarch64_generic';
const MAKE_TIMEOUT_MS = 600_000;
// Every instruction is translated.
const RUN_TIMEOUT_MS = 120_000;

let folder: string;
let root: string;
let missing: string | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wanbond-aarch64-'));
  root = join(folder, 'root');
  missing = await makeAarch64Root(root);
  if (missing !== undefined) return;
  const wanted = { architecture: ARCHITECTURE, out: folder, timeoutMs: MAKE_TIMEOUT_MS };
  await unpackPackage(await buildIpk(wanted), root);
}, MAKE_TIMEOUT_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const wanbond = (...words: string[]): Promise<string> => {
  const program = [join(root, 'usr/bin/node'), join(root, 'usr/lib/wanbond/dist/main.js')];
  return mustRun([QEMU, '-L', root, ...program, ...words], { env: ENV, timeoutMs: RUN_TIMEOUT_MS });
};

test('the program starts, and its system calls work', async ({ skip }) => {
  skip(missing !== undefined, missing);
  expect(await wanbond('--version')).toBe(`${version}\n`);
  const { ok, findings } = JSON.parse(await wanbond('kernel', 'check', '--json')) as {
    ok: boolean;
    findings: readonly { subject: string; state: string }[];
  };
  expect(ok).toBe(true);
  // Found out by opening a socket.
  expect(findings).toContainEqual(expect.objectContaining({ subject: 'MPTCP', state: 'works' }));
});
