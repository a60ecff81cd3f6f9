// `wanbond lab --openwrt`: the router runs inside a root file system, here a stand-in of OpenWrt's on musl, which stays as it was;
// nothing is left. NOT RUN here, for want of an OpenWrt: its own uci, its fw4 (a stand-in loads fw4's rules), its init script.
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageVersion } from '../packaging/openwrt/build/package-facts.ts';
import { packageWords } from '../src/base/package-files.ts';
import { mustRun } from '../src/lab/command.ts';
import { unpackPackage } from '../src/lab/openwrt/package-layer.ts';
import type { LabDocument } from '../src/lab/measure/verdict.ts';
import { waitUntil } from '../src/lab/wait-until.ts';
import { buildIpk } from './support/built-package.ts';
import { remains, startLab } from './support/lab-command.ts';
import { muslNode } from './support/musl-node.ts';
import { makeOpenwrtRoot, putFw4, RELEASE } from './support/openwrt-root.ts';

const { version } = packageWords();
const PREPARE_TIMEOUT_MS = 170_000;
// A whole lab, with a Node of 140 MB; other labs run beside it.
const LAB_TIMEOUT_MS = 400_000;
const LAB = ['--wan', '20mbit', '--wan', '20mbit', '--seconds', '1'];

let folder: string;
let root: string;
let ipk: string;

const node = await muslNode();
const missing = 'missing' in node ? node.missing : undefined;

beforeAll(async () => {
  if ('missing' in node) return;
  folder = mkdtempSync(join(tmpdir(), 'wanbond-owrt-'));
  root = join(folder, 'root: a, b');
  await makeOpenwrtRoot(root, node.path);
  ipk = await buildIpk({ architecture: 'x86_64', out: folder, timeoutMs: PREPARE_TIMEOUT_MS });
}, PREPARE_TIMEOUT_MS);

afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/** Everything in the folder, with what a change would change. */
const listing = (): Promise<string> => mustRun(['find', root, '-printf', '%P %y %m %s %T@ %C@ %l\n']);
/** What of a lab is mounted where everybody sees it. */
const mountsOf = (pid: number): string[] =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(`/wb-${pid.toString(36)}-`) || line.includes(folder));

async function run(...args: string[]): Promise<LabDocument> {
  const { pid, ended } = startLab(...LAB, '--json', ...args);
  const { out, err } = await ended;
  expect(out, err).not.toBe('');
  expect([...remains(pid), ...mountsOf(pid)]).toEqual([]);
  return JSON.parse(out) as LabDocument;
}

function expectCarried({ sha256Match, middleUsedMptcp, bonded, wans }: LabDocument): void {
  expect({ sha256Match, middleUsedMptcp }).toEqual({ sha256Match: true, middleUsedMptcp: true });
  expect(bonded.subflows).toBe(2);
  for (const { bondedDownMbps } of wans) expect(bondedDownMbps).toBeGreaterThan(2);
}

test(
  'the program that runs the lab carries inside a folder, which stays as it was',
  async ({ skip }) => {
    skip(missing !== undefined, missing);
    const before = await listing();
    const document = await run('--openwrt', root);
    expectCarried(document);
    expect(document.openwrt).toMatchObject({
      rootfs: root,
      release: RELEASE,
      wanbond: version,
      program: 'running',
      uci: false,
      fw4: false,
    });
    expect(document.openwrt?.node).toMatch(/^v2\d\./);
    expect(document.openwrt?.musl).toMatch(/^1\.2\./);
    expect(await listing()).toBe(before);
  },
  LAB_TIMEOUT_MS,
);

test(
  'a package over a tar.gz carries behind fw4 rules that reject the LAN',
  async ({ skip }) => {
    skip(missing !== undefined, missing);
    putFw4(root, { includes: true });
    const archive = join(folder, 'rootfs.tar.gz');
    await mustRun(['tar', '-I', 'gzip -1', '-cf', archive, '-C', root, '.'], {
      timeoutMs: PREPARE_TIMEOUT_MS,
    });
    try {
      const document = await run('--openwrt', archive, '--package', ipk);
      expectCarried(document);
      expect(document.openwrt).toMatchObject({ rootfs: archive, program: 'package', fw4: true });
    } finally {
      rmSync(archive);
    }
  },
  LAB_TIMEOUT_MS,
);

test('fw4 that does not take the include is no firewall to measure behind', async ({ skip }) => {
  skip(missing !== undefined, missing);
  putFw4(root, { includes: false });
  await expectRefused(/fw4 has not taken .*chain-pre\/input\/wanbond.nft/, '--openwrt', root);
  rmSync(join(root, 'sbin/fw4'));
});

/** Whether a process of a lab has our root for its own, so that its program is the stand-in's. */
const isInside = (pid: number): boolean =>
  readdirSync('/proc').some((one) => {
    try {
      return readlinkSync(`/proc/${one}/root`).includes(`/wb-${pid.toString(36)}-`) && /^\d+$/.test(one);
    } catch {
      return false;
    }
  });

test('Ctrl-C leaves nothing', async ({ skip }) => {
  skip(missing !== undefined, missing);
  const before = await listing();
  const { pid, ended } = startLab(...LAB, '--openwrt', root, '--keep', '--json');
  await waitUntil('the router runs inside', () => isInside(pid), 60_000);
  expect(mountsOf(pid).filter((line) => !line.includes('/run/netns/'))).toEqual([]);
  process.kill(pid, 'SIGINT');
  expect((await ended).code).toBe(130);
  expect([...remains(pid), ...mountsOf(pid)]).toEqual([]);
  expect(await listing()).toBe(before);
});

async function expectRefused(says: RegExp, ...args: string[]): Promise<void> {
  const { pid, ended } = startLab(...LAB, '--json', ...args);
  const { code, out, err } = await ended;
  expect(err).toMatch(says);
  expect({ out, code: code !== 0 }).toEqual({ out: '', code: true });
  expect(remains(pid)).toEqual([]);
}

test('what cannot run is refused before anything is built', async () => {
  await expectRefused(/no root file system of OpenWrt/, '--openwrt', '/');
  await expectRefused(/neither a folder nor a tar.gz/, '--openwrt', '/bin/sh');
  await expectRefused(/cannot read .*nowhere/, '--openwrt', '/nowhere');
  await expectRefused(/goes over the root file system/, '--package', '/nowhere');
});

test('both forms of a package unpack to the same', async ({ skip }) => {
  skip(missing !== undefined, missing);
  const apk = join(folder, `wanbond-${packageVersion(version)}.x86_64.apk`);
  await unpackPackage(apk, join(folder, 'apk'));
  await unpackPackage(ipk, join(folder, 'ipk'));
  // What apk itself keeps beside them.
  rmSync(join(folder, 'apk/lib/apk'), { recursive: true });
  await mustRun(['diff', '-r', join(folder, 'apk'), join(folder, 'ipk')]);
  const modes = (name: string): Promise<string> =>
    mustRun(['sh', '-c', "find . -type f -printf '%m %P\\n' | sort"], { cwd: join(folder, name) });
  expect(await modes('apk')).toBe(await modes('ipk'));
  expect(readdirSync(join(folder, 'ipk/usr/lib/wanbond'))).toContain('dist');
  await expect(unpackPackage('/bin/sh', join(folder, 'sh'))).rejects.toThrow('neither an .ipk nor');
});
