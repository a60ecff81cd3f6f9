// The package for x86_64 with a Node in it, unpacked beside musl: its programs run on that, and as router and as server
// they carry a download over both WANs.
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAEMON_NODE_FLAGS, packageWords } from '../src/base/package-files.ts';
import type { Host } from '../src/lab/host.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { streamSha256 } from '../src/lab/traffic/byte-stream.ts';
import { runTransfer } from '../src/lab/traffic-programs.ts';
import { buildIpk } from './support/built-package.ts';
import { muslNode } from './support/musl-node.ts';
import { inMuslRoot, makeMuslRoot } from './support/musl-root.ts';
import { receivedBytes } from './support/received-bytes.ts';

const { version } = packageWords();
const ENV = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' };
const BYTES = 12_000_000;
const SEED = 7;
// A Node of 140 MB is packed twice, while other tests run.
const MAKE_TIMEOUT_MS = 600_000;
const READY_TIMEOUT_MS = 60_000;

let folder: string;
let root: string;
let lab: Lab;

const node = await muslNode();
const missing = 'missing' in node ? node.missing : undefined;

beforeAll(async () => {
  if ('missing' in node) return;
  folder = mkdtempSync(join(tmpdir(), 'wanbond-musl-'));
  root = join(folder, 'root');
  const wanted = { architecture: 'x86_64', out: folder, node: node.path, timeoutMs: MAKE_TIMEOUT_MS };
  await makeMuslRoot(root, await buildIpk(wanted));
  lab = await buildLab({ wans: ['50mbit', '50mbit'] });
  await lab.startOrigin();
}, MAKE_TIMEOUT_MS);

afterAll(async () => {
  await lab?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/** Runs the package's program in a namespace of the lab. */
const wanbond = (host: Host, ...words: string[]): Promise<string> =>
  host.must(inMuslRoot(root, ['/usr/bin/wanbond', ...words]), { env: ENV });

async function start(host: Host, role: 'router' | 'server', config: string): Promise<LabProcess> {
  copyFileSync(config, join(root, `var/etc/${role}.toml`));
  const argv = inMuslRoot(root, ['/usr/bin/wanbond', role, '-c', `/var/etc/${role}.toml`]);
  // As the service does.
  const env = { ...ENV, NODE_OPTIONS: DAEMON_NODE_FLAGS.join(' ') };
  const started = host.spawn(argv, { label: `${role} on musl`, env });
  await started.waitFor(/\bready\b/, READY_TIMEOUT_MS);
  return started;
}

/** The libraries that a process has loaded, by name. */
const librariesOf = ({ pid }: LabProcess): string[] =>
  [...new Set(readFileSync(`/proc/${pid}/maps`, 'utf8').match(/[^/\n]+\.(so[.\d]*|node)$/gm))].toSorted();

test('the program and its system calls work', async ({ skip }) => {
  skip(missing !== undefined, missing);
  expect(await wanbond(lab.hosts.router, '--version')).toBe(`${version}\n`);
  // Asks the kernel by system calls of all kinds, and libnftables.
  const said = await wanbond(lab.hosts.router, 'kernel', 'check', '--json');
  const { findings } = JSON.parse(said) as { findings: readonly { subject: string; level: string }[] };
  expect(findings.filter(({ level }) => level === 'fail')).toEqual([]);
});

test('router and server carry a download over both WANs', async ({ skip }) => {
  skip(missing !== undefined, missing);
  const { router, lan } = lab.hosts;
  const own = (role: string) => ({ 'state-dir': `/run/wanbond-${role}` });
  const server = await start(lab.hosts.server, 'server', lab.writeServerConfig(own('server')));
  const config = lab.writeRouterConfig({ overrides: { ...own('router'), 'data-dir': '/var/lib/wanbond' } });
  copyFileSync(config, join(root, 'var/etc/checked.toml'));
  expect(await wanbond(router, 'check', '-c', '/var/etc/checked.toml')).not.toContain('FAIL');
  const routed = await start(router, 'router', config);
  for (const daemon of [server, routed]) {
    const libraries = librariesOf(daemon);
    expect(libraries).toEqual(expect.arrayContaining(['ld-musl-x86_64.so.1', 'koffi.node']));
    expect(libraries).not.toContain('libc.so.6');
  }
  expect(librariesOf(routed)).toContain('libnftables.so.1');

  const devices = lab.wans.map(({ device }) => device);
  const from = await receivedBytes(router, devices);
  const { bytes, sha256 } = await runTransfer(lan, 'down', lab.target, { bytes: BYTES, seed: SEED });
  expect({ bytes, sha256 }).toEqual({ bytes: BYTES, sha256: streamSha256(SEED, BYTES) });
  const to = await receivedBytes(router, devices);
  for (const [i, received] of to.entries()) expect(received - (from[i] ?? 0)).toBeGreaterThan(BYTES / 4);

  for (const daemon of [routed, server]) expect(await daemon.stop()).toMatchObject({ code: 0 });
  // The router's own table, which libnftables made, has gone with it.
  expect(await router.must(['nft', 'list', 'tables'])).not.toContain('wanbond');
});
