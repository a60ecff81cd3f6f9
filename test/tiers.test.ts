// Tiers, caps and overrides of WANs, while flows run: who carries, who does not, and that no flow is lost by it.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { tellControl } from '../src/control/control-socket.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { readInterfaceBytes } from '../src/lab/measure/proc-files.ts';
import type { ConfigTable } from '../src/config/toml-writer.ts';
import { streamSha256 } from '../src/lab/traffic/byte-stream.ts';
import { runTransfer, startTransfer, type Transfer } from '../src/lab/traffic-programs.ts';
import type { CommandResult } from '../src/lab/command.ts';
import { stopCleanly, stopLeftRouters } from './support/stop-router.ts';
import { waitUntil } from '../src/lab/wait-until.ts';
import { wanStatus, wanStatuses } from './support/wan-statuses.ts';
import { wanbond } from './support/wanbond.ts';

let lab: Lab;
let router: LabProcess;

beforeAll(async () => {
  lab = await buildLab({ wans: ['20mbit,delay=10ms', '20mbit,delay=10ms'] });
  await lab.startOrigin();
  await lab.startServer();
});
afterAll(() => lab?.close());
afterEach(async () => {
  await lab.emulator?.carrier('wan1', true, 'a');
  await stopLeftRouters(lab);
});

async function start(first: ConfigTable, second: ConfigTable): Promise<void> {
  router = await lab.startRouter({
    overrides: {
      wan: [
        { name: 'fibre', interface: 'wan1', ...first },
        { name: 'lte', interface: 'wan2', ...second },
      ],
    },
  });
  await waitUntil('those that are not off answer', async () =>
    (await wanStatuses(lab)).every(({ tier, health }) => tier === 'off' || health === 'up'),
  );
}

const endpoints = async (): Promise<string[]> =>
  (await lab.hosts.router.must(['ip', 'mptcp', 'endpoint', 'show'])).trim().split('\n');
const endpointOf = async (device: string): Promise<string | undefined> =>
  (await endpoints()).find((line) => line.includes(`dev ${device}`));
const wan = (...args: string[]): Promise<CommandResult> =>
  wanbond(lab.hosts.router, 'wan', ...args, '-c', lab.files.configFile('router'));
const set = (name: string, tier: string): Promise<unknown> =>
  tellControl(lab.files.stateDir('router'), 'wan', { name, tier });
const received = (device: string): number => readInterfaceBytes(router.pid).get(device)?.rxBytes ?? 0;
const logged = (text: string): boolean =>
  [...router.stdout, ...router.stderr].some((line) => line.includes(text));

/** What both WANs receive until the download has got so much further. */
async function sharesWhile(transfer: Transfer, bytes: number): Promise<{ wan1: number; wan2: number }> {
  const before = { wan1: received('wan1'), wan2: received('wan2') };
  const begin = transfer.samples.at(-1)?.bytes ?? 0;
  await waitUntil(
    'the download goes on',
    () => (transfer.samples.at(-1)?.bytes ?? 0) - begin > bytes,
    60_000,
  );
  return { wan1: received('wan1') - before.wan1, wan2: received('wan2') - before.wan2 };
}

/** What was queued on the other one still comes; then it is quiet there. */
async function carriesAlone(transfer: Transfer, device: 'wan1' | 'wan2'): Promise<void> {
  const quiet = device === 'wan1' ? 'wan2' : 'wan1';
  await waitUntil(`${device} alone carries`, async () => {
    const shares = await sharesWhile(transfer, 500_000);
    return shares[quiet] / shares[device] < 0.02;
  });
}

describe('a backup WAN', () => {
  test('carries nothing while the active one is up, all when its carrier is lost, and nothing again', async () => {
    await start({}, { tier: 'backup' });
    expect(await endpointOf('wan2')).toContain('backup');
    const bytes = 25_000_000;
    const transfer = startTransfer(lab.hosts.lan, 'down', lab.target, { bytes, seed: 3 });
    const up = await sharesWhile(transfer, 3_000_000);
    expect(up.wan2 / up.wan1).toBeLessThan(0.02);

    await lab.emulator?.carrier('wan1', false, 'a');
    await waitUntil('the backup is in the bulk', async () => (await wanStatus(lab, 'lte')).role === 'bulk');
    const down = await sharesWhile(transfer, 3_000_000);
    expect(down.wan2).toBeGreaterThan(2_500_000);

    await lab.emulator?.carrier('wan1', true, 'a');
    await waitUntil('the backup rests', async () => (await wanStatus(lab, 'lte')).role === 'standby');
    expect(await endpointOf('wan2')).toContain('backup');
    await carriesAlone(transfer, 'wan1');
    expect(await transfer.result).toMatchObject({ bytes, sha256: streamSha256(3, bytes) });
    const before = received('wan2');
    await runTransfer(lab.hosts.lan, 'down', lab.target, { bytes: 1_000_000, seed: 4 });
    expect(received('wan2') - before).toBeLessThan(20_000);
    await stopCleanly(router);
  });
});

describe('by hand', () => {
  test('a WAN goes off, comes back, and the running flow does not end', async () => {
    await start({}, {});
    // Long enough for all that follows on a busy machine.
    const bytes = 90_000_000;
    const transfer = startTransfer(lab.hosts.lan, 'down', lab.target, { bytes, seed: 5 });
    // It began on the WAN that is switched off.
    const both = await sharesWhile(transfer, 4_000_000);
    expect(both.wan2).toBeGreaterThan(1_000_000);

    await set('fibre', 'off');
    expect(await endpointOf('wan1')).toBeUndefined();
    expect(await wanStatus(lab, 'fibre')).toMatchObject({
      role: 'out',
      reason: 'off: by hand',
      override: 'off',
    });
    await carriesAlone(transfer, 'wan2');

    // The last one is not switched off by mistake.
    await expect(set('lte', 'off')).rejects.toMatchObject({
      code: 'last-wan',
      hint: expect.stringMatching(/^Switch/),
    });

    await set('fibre', 'auto');
    await waitUntil('it has its endpoint again', async () => (await endpointOf('wan1')) !== undefined);
    await waitUntil('both carry', async () => (await sharesWhile(transfer, 1_500_000)).wan1 > 300_000);
    expect(await transfer.result).toMatchObject({ bytes, sha256: streamSha256(5, bytes) });

    const plan = (): Promise<CommandResult> =>
      wanbond(lab.hosts.router, 'plan', '-c', lab.files.configFile('router'));
    const additions = async (): Promise<string[]> =>
      (await plan()).stdout.split('\n').filter((line) => line.startsWith('ip mptcp endpoint add'));
    expect(await additions()).toEqual([]);
    expect(await wan('lte', 'backup')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^lte is backup, by hand, until/),
    });
    expect(await endpointOf('wan2')).toContain('backup');
    // A plan goes by what the router has decided, and says so.
    expect(await additions()).toEqual([]);
    expect((await plan()).stderr).toMatch(/The router runs/);
    await set('fibre', 'off');
    expect(await additions()).toEqual([]);
    expect((await plan()).stdout).not.toContain('dev wan1');
    await set('fibre', 'auto');
    expect((await wan('lte', 'auto')).stdout).toBe('lte is active, as configured.\n');
    await set('lte', 'backup');
    await stopCleanly(router);

    await start({}, {});
    expect(await wanStatus(lab, 'lte')).toMatchObject({ tier: 'active' });
    expect((await wanStatus(lab, 'lte')).override).toBeUndefined();
    await stopCleanly(router);
  });

  test('a name that is none, and a tier that is none, are refused with what there is', async () => {
    await start({}, { tier: 'off' });
    expect(await wan('lt', 'off')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/there is no WAN "lt"[\s\S]*fibre, lte/),
    });
    expect(await wan('lt')).toMatchObject({ code: 1, stderr: expect.stringContaining('fibre, lte') });
    expect(await wan('lte', 'on')).toMatchObject({ code: 1, stderr: expect.stringContaining('overflow') });

    const table = await wan();
    expect(table.stdout).toMatch(/│ fibre │ active +│ bulk/);
    expect(table.stdout).toMatch(/│ lte +│ off +│ out .*│ off +│/);
    const json = JSON.parse((await wan('lte', '--json')).stdout) as unknown;
    expect(json).toMatchObject([
      { name: 'lte', tier: 'off', role: 'out', month: { rxBytes: expect.any(Number) } },
    ]);
    // It was never probed: that would cost, too.
    expect(await wanStatus(lab, 'lte')).not.toHaveProperty('health');
    await wan('lte', 'active');
    await waitUntil('it is probed and well', async () => (await wanStatus(lab, 'lte')).health === 'up');
    expect(await endpointOf('wan2')).toBeDefined();
    await stopCleanly(router);
  });
});

describe('the use of a month', () => {
  const usageFile = (): string => join(lab.files.dataDir, 'usage.json');

  test('past its cap a WAN is backup, also after a restart', async () => {
    // What the tests before have used.
    rmSync(lab.files.dataDir, { recursive: true, force: true });
    const cap = { 'monthly-cap': '12MB', 'cap-warn': '10%' };
    await start({}, cap);
    const bytes = 50_000_000;
    const transfer = startTransfer(lab.hosts.lan, 'down', lab.target, { bytes, seed: 6 });
    await waitUntil('it is backup', async () => (await wanStatus(lab, 'lte')).role === 'standby', 60_000);
    expect(await endpointOf('wan2')).toContain('backup');
    expect((await transfer.result).sha256).toBe(streamSha256(6, bytes));
    expect(logged('% of its 12MB of this month are used')).toBe(true);
    expect(logged('its 12MB of this month are used up: from now on it is backup')).toBe(true);
    const { month, reason } = await wanStatus(lab, 'lte');
    expect(month).toMatchObject({
      capBytes: 12_000_000,
      capState: 'past',
      since: expect.stringMatching(/-01$/),
    });
    expect(reason).toBe('backup, and others are up: its 12MB of this month are used up');
    // Some seconds of 20 Mbit/s at most come in before it rests.
    expect(month.rxBytes + month.txBytes).toBeLessThan(24_000_000);
    await stopCleanly(router);

    await start({}, cap);
    const again = (await wanStatus(lab, 'lte')).month;
    expect(again.rxBytes + again.txBytes).toBeGreaterThanOrEqual(month.rxBytes + month.txBytes);
    expect(await endpointOf('wan2')).toContain('backup');
    // A hand may spend more.
    await wan('lte', 'active');
    expect(await endpointOf('wan2')).not.toContain('backup');
    await stopCleanly(router);
  });

  test('a damaged record is set aside, and does not keep the router from starting', async () => {
    mkdirSync(lab.files.dataDir, { recursive: true });
    writeFileSync(usageFile(), '{"format":1,');
    await start({}, {});
    expect(logged('usage.json.bad')).toBe(true);
    expect(readFileSync(`${usageFile()}.bad`, 'utf8')).toBe('{"format":1,');
    await runTransfer(lab.hosts.lan, 'down', lab.target, { bytes: 2_000_000, seed: 7 });
    await waitUntil('it is counted', async () => {
      const [a, b] = await wanStatuses(lab);
      return (a?.month.rxBytes ?? 0) + (b?.month.rxBytes ?? 0) > 2_000_000;
    });
    await stopCleanly(router);
    expect(readFileSync(usageFile(), 'utf8')).toMatch(/"fibre".*"lte"|"lte".*"fibre"/);
  });
});
