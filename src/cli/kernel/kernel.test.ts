import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  lede1701,
  mptcpHistory,
  quiltPatch,
  source,
  TCP,
  Workplace,
} from '../../kernel/patch/histories.fixture.ts';
import { kernelCommand } from '../kernel.ts';

// Each test is some hundred short processes, which a busy machine starts slowly.
vi.setConfig({ testTimeout: 90_000 });

let place: Workplace;
let out = '';
beforeEach(() => {
  place = new Workplace();
  out = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  place.remove();
});

/** The exit code. */
async function run(...args: string[]): Promise<number> {
  out = '';
  process.exitCode = undefined;
  const command = kernelCommand();
  for (const one of command.commands) one.exitOverride();
  await command.parseAsync(args, { from: 'user' });
  return exitCode();
}

// Apart, because the compiler takes what was assigned above for what is there now.
const exitCode = (): number => Number(process.exitCode ?? 0);

const patch = (...more: string[]): Promise<number> =>
  run(
    'patch',
    '--tree',
    place.at('linux'),
    '--branch',
    'mptcp_v0.92',
    '--base',
    'v4.4.74',
    '--openwrt',
    place.at('openwrt'),
    ...more,
  );

test('a dry run shows the name, the symbols, and how all patches fit', async () => {
  mptcpHistory(place, 10);
  lede1701(place);
  expect(await patch('--dry-run', '--symbol', 'CONFIG_MPTCP_FULLMESH=m')).toBe(0);
  expect(out).toMatch(
    /^would write {2}target\/linux\/generic\/patches-4.4\/690-mptcp_v0.92_[0-9a-f]{7}.patch {2}\d\.\d kB$/m,
  );
  expect(out).toContain('would set    target/linux/generic/config-4.4: CONFIG_MPTCP=y  (was n)\n');
  expect(out).toContain('CONFIG_MPTCP_FULLMESH=m\n');
  expect(out).toContain(
    '2 patches, in the order of the build (no target has patches for the same files):\n  all of them fit exactly\n',
  );
  expect(out).toContain('Nothing was changed (--dry-run).\n');
});

test('what breaks is told with its hunk and what to do, and in JSON without texts', async () => {
  mptcpHistory(place, 10);
  const released = { 5: 'tcp stable 70;', 12: 'tcp of 655;' };
  lede1701(place, {
    'generic/patches-4.4/721-after.patch': quiltPatch(
      'after',
      TCP,
      source('tcp', released),
      source('tcp', { ...released, 30: 'x;' }),
    ),
  });
  expect(await patch()).toBe(1);
  expect(out).toContain(
    'failed  target/linux/generic/patches-4.4/721-after.patch\n        net/ipv4/tcp.c: Hunk #1 FAILED at 27.\n',
  );
  expect(out).toContain(
    'Nothing was written: the build would stop at target/linux/generic/patches-4.4/721-after.patch.\n',
  );
  expect(await patch('--json')).toBe(1);
  const document = JSON.parse(out) as {
    outcome: string;
    verified: { file: string; fit: string; isRefreshed: boolean }[];
  };
  expect(document.outcome).toBe('broken');
  expect(document.verified.map(({ fit, isRefreshed }) => `${fit} ${isRefreshed}`)).toEqual([
    'clean false',
    'clean false',
    'failed false',
  ]);
});

test('conflicts are told with both sides, and --continue ends what was begun', async () => {
  mptcpHistory(place, 39);
  lede1701(place);
  expect(await patch()).toBe(1);
  expect(out).toMatch(
    /^Conflicts in one file, merging v4.4.74 into mptcp_v0.92:\n {2}net\/ipv4\/tcp_input.c {2}line 39\n {4}mptcp_v0.92: one commit since they parted\n {6}[0-9a-f]+ \d{4}-\d\d-\d\d A Maintainer: tcp: hooks for mptcp\n {4}v4.4.74: one commit/,
  );
  const worktree = /laid out in (\S+), with/.exec(out)?.[1] ?? '';
  writeFileSync(join(worktree, 'net/ipv4/tcp_input.c'), source('input', { 39: 'solved;' }));
  expect(await run('patch', '--tree', place.at('linux'), '--continue')).toBe(0);
  expect(out).toContain('Written.');
  expect(
    readdirSync(place.at('openwrt/target/linux/generic/patches-4.4')).filter((name) =>
      name.startsWith('690'),
    ),
  ).toHaveLength(1);
});

test('--abort throws away what waits', async () => {
  mptcpHistory(place, 39);
  lede1701(place);
  await patch('--worktree', place.at('solve'));
  expect(await run('patch', '--tree', place.at('linux'), '--abort')).toBe(0);
  expect(out).toBe(`removed  ${place.at('solve')}\n`);
});

test('options that are missing or wrong are told', async () => {
  await expect(run('patch', '--tree', '.')).rejects.toThrow('--branch is missing');
  await expect(patch('--number', '6x')).rejects.toThrow(/1 to 999/);
  await expect(patch('--symbol', 'MPTCP')).rejects.toThrow(/NAME=y/);
  await expect(patch('--continue')).rejects.toThrow(/cannot be used with/);
});

test('kernel check prints its findings and ends with 1 when something fails', async () => {
  place.write('config-6.1', 'CONFIG_IP_MULTIPLE_TABLES=y\n');
  expect(await run('check', '-c', place.at('config-6.1'))).toBe(1);
  expect(out).toMatch(
    /^FAIL {2}MPTCP {2,}missing \(CONFIG_MPTCP\): nothing is bonded\n +→ Use a kernel with CONFIG_MPTCP/m,
  );
  expect(out).toMatch(/^ok {4}policy routing {2,}built in$/m);
  expect(await run('check', '-c', place.at('config-6.1'), '--json')).toBe(1);
  expect(JSON.parse(out)).toMatchObject({
    schema: 1,
    ok: false,
    isRunning: false,
    kernel: '6.1',
    files: [place.at('config-6.1')],
  });
});
