// "LTE only if the fibre is full", measured: who carries how much of what is offered.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { goodputMbps } from '../../src/lab/measure/goodput.ts';
import { buildLab, type Lab } from '../../src/lab/lab.ts';
import type { LabProcess } from '../../src/lab/lab-process.ts';
import { readInterfaceBytes } from '../../src/lab/measure/proc-files.ts';
import { type Direction, runFlows, startTransfer } from '../../src/lab/traffic-programs.ts';
import { monotonicMs } from '../../src/lab/traffic/sample.ts';
import { wanStatuses } from '../support/wan-statuses.ts';
import { waitUntil } from '../../src/lab/wait-until.ts';

const MBIT = 1e6;
const WANS = ['20mbit,delay=10ms', '20mbit,delay=10ms'];
// Of the bytes of both, what an overflow WAN may carry at rest: probes, and what little follows them.
const AT_REST = 0.02;
const TIMEOUT_MS = 180_000;

const labs: Lab[] = [];
afterEach(() => Promise.all(labs.splice(0).map((lab) => lab.close())));

/** wan1 is the fibre and wan2 the LTE. */
async function start(rates: object): Promise<{ lab: Lab; router: LabProcess }> {
  const lab = await buildLab({ wans: WANS });
  labs.push(lab);
  await lab.startOrigin();
  await lab.startServer();
  const router = await lab.startRouter({
    overrides: {
      wan: [
        { name: 'fibre', interface: 'wan1', ...rates },
        { name: 'lte', interface: 'wan2', tier: 'overflow' },
      ],
    },
  });
  await waitUntil('both answer', async () => (await wanStatuses(lab)).every(({ health }) => health === 'up'));
  return { lab, router };
}

/** Offers so much for so long; what came through in the time between, and how much of the WANs' bytes went over LTE. */
async function offer(
  { lab, router }: { lab: Lab; router: LabProcess },
  direction: Direction,
  mbit: number,
  { seconds, skipSeconds }: { seconds: number; skipSeconds: number },
): Promise<{ mbps: number; lteShare: number }> {
  const transfer = startTransfer(lab.hosts.lan, direction, lab.target, { seconds, rateBps: mbit * MBIT });
  await transfer.process.waitFor(/^\{"sample"/, 20_000);
  await sleep(skipSeconds * 1000);
  const [from, fromMs] = [readInterfaceBytes(router.pid), monotonicMs()];
  await sleep((seconds - skipSeconds) * 1000 - 500);
  const [to, toMs] = [readInterfaceBytes(router.pid), monotonicMs()];
  const { samples = transfer.samples } = await transfer.result;
  const counter = direction === 'down' ? 'rxBytes' : 'txBytes';
  const [fibre = 0, lte = 0] = ['wan1', 'wan2'].map(
    (device) => (to.get(device)?.[counter] ?? 0) - (from.get(device)?.[counter] ?? 0),
  );
  return { mbps: goodputMbps(samples, fromMs, toMs), lteShare: lte / (fibre + lte) };
}

test.each(['down', 'up'] as const)(
  'known rates, %s: 5 of 20 Mbit/s leave LTE alone, 40 use both, and 5 again end it',
  { timeout: TIMEOUT_MS },
  async (direction) => {
    const running = await start({ 'rate-down': '20mbit', 'rate-up': '20mbit' });
    const few = await offer(running, direction, 5, { seconds: 8, skipSeconds: 0 });
    expect(few.lteShare, JSON.stringify(few)).toBeLessThan(AT_REST);
    expect(few.mbps).toBeGreaterThan(4.5);
    const many = await offer(running, direction, 40, { seconds: 9, skipSeconds: 3 });
    expect(many.mbps, JSON.stringify(many)).toBeGreaterThan(1.5 * 19);
    const after = await offer(running, direction, 5, { seconds: 14, skipSeconds: 6 });
    expect(after.lteShare, JSON.stringify(after)).toBeLessThan(AT_REST);
  },
);

test('unknown rates: the first queue teaches them', { timeout: TIMEOUT_MS }, async () => {
  const running = await start({});
  const few = await offer(running, 'down', 5, { seconds: 8, skipSeconds: 0 });
  expect(few.lteShare, JSON.stringify(few)).toBeLessThan(AT_REST);
  const many = await offer(running, 'down', 40, { seconds: 10, skipSeconds: 4 });
  expect(many.mbps, JSON.stringify(many)).toBeGreaterThan(1.5 * 19);
  const after = await offer(running, 'down', 5, { seconds: 14, skipSeconds: 6 });
  expect(after.lteShare, JSON.stringify(after)).toBeLessThan(AT_REST);
});

test('many short flows stay on the active WAN', { timeout: TIMEOUT_MS }, async () => {
  const { lab, router } = await start({ 'rate-down': '20mbit' });
  const from = readInterfaceBytes(router.pid);
  const flows = { count: 80, concurrency: 4, bytes: 100_000, direction: 'down', rateBps: 8 * MBIT } as const;
  expect(await runFlows(lab.hosts.lan, lab.target, flows)).toMatchObject({ equal: 80 });
  const to = readInterfaceBytes(router.pid);
  const lteBytes = (to.get('wan2')?.rxBytes ?? 0) - (from.get('wan2')?.rxBytes ?? 0);
  expect(lteBytes / (80 * 100_000)).toBeLessThan(AT_REST);
});
