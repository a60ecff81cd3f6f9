// The package for aarch64 under qemu: the program starts with koffi's build for that CPU, and as server it carries what a
// router of this machine's own CPU brings.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mustRun } from '../src/lab/command.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import { streamSha256 } from '../src/lab/traffic/byte-stream.ts';
import { runTransfer } from '../src/lab/traffic-programs.ts';
import { makeAarch64Root, QEMU } from './support/aarch64-root.ts';

const REPOSITORY = join(import.meta.dirname, '..');
const ENV = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' };
const ARCHITECTURE = 'aarch64_generic';
const BYTES = 3_000_000;
const SEED = 9;
const MAKE_TIMEOUT_MS = 600_000;
// Every instruction is translated.
const READY_TIMEOUT_MS = 120_000;

let folder: string;
let root: string;
let lab: Lab;
let missing: string | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wanbond-aarch64-'));
  root = join(folder, 'root');
  missing = await makeAarch64Root(root);
  if (missing !== undefined) return;
  const words = [`ARCH=${ARCHITECTURE}`, `OUT=${folder}`];
  await mustRun(['make', '--silent', '-C', REPOSITORY, 'openwrt', ...words], { timeoutMs: MAKE_TIMEOUT_MS });
  const unpack = 'tar -xzOf "$1" ./data.tar.gz | tar -xzpf - -C "$2"';
  const ipk = join(folder, `wanbond_0.1.0-r1_${ARCHITECTURE}.ipk`);
  await mustRun(['sh', '-ec', unpack, 'sh', ipk, root]);
  lab = await buildLab({ wans: ['50mbit', '50mbit'] });
  await lab.startOrigin();
}, MAKE_TIMEOUT_MS);

afterAll(async () => {
  await lab?.close();
  rmSync(folder, { recursive: true, force: true });
});

const wanbond = (...words: string[]): string[] => [
  ...[QEMU, '-L', root, join(root, 'usr/bin/node'), join(root, 'usr/lib/wanbond/dist/main.js')],
  ...words,
];

test('the program and its system calls work', async ({ skip }) => {
  skip(missing !== undefined, missing);
  const { server } = lab.hosts;
  const options = { env: ENV, timeoutMs: READY_TIMEOUT_MS };
  expect(await server.must(wanbond('--version'), options)).toBe('0.1.0\n');
  const said = await server.must(wanbond('kernel', 'check', '--json'), options);
  const { findings } = JSON.parse(said) as { findings: readonly { level: string }[] };
  expect(findings.filter(({ level }) => level === 'fail')).toEqual([]);
});

test('as server it carries a download', async ({ skip }) => {
  skip(missing !== undefined, missing);
  const config = join(folder, 'server.toml');
  copyFileSync(lab.writeServerConfig({ 'state-dir': join(folder, 'state') }), config);
  const server = lab.hosts.server.spawn(wanbond('server', '-c', config), {
    label: 'server on aarch64',
    env: ENV,
  });
  await server.waitFor(/\bready\b/, READY_TIMEOUT_MS);
  await lab.startRouter();
  const { bytes, sha256 } = await runTransfer(lab.hosts.lan, 'down', lab.target, {
    bytes: BYTES,
    seed: SEED,
  });
  expect({ bytes, sha256 }).toEqual({ bytes: BYTES, sha256: streamSha256(SEED, BYTES) });
  expect(await server.stop()).toMatchObject({ code: 0 });
});
