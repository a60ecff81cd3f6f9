// A WAN whose plug goes in and out a hundred times in a minute: no flow is lost, and a download beside it is about as
// fast as without that WAN.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { goodputMbps, longestGapMs } from '../../src/lab/measure/goodput.ts';
import { buildLab, type Lab } from '../../src/lab/lab.ts';
import { monotonicMs } from '../../src/lab/traffic/sample.ts';
import { startAlongside, startTransfer } from '../../src/lab/traffic-programs.ts';
import { wanStatus } from '../support/wan-statuses.ts';
import { waitUntil } from '../../src/lab/wait-until.ts';

const FLAPS = 100;
const HALF_MS = 300;
const ALONE_MS = 5000;
const WARM_UP_MS = 3000;
const OF_THE_OTHER_ALONE = 0.9;

let lab: Lab;

beforeAll(async () => {
  lab = await buildLab({ wans: ['20mbit,delay=10ms', '20mbit,delay=10ms'], cuttable: true });
  await lab.startOrigin();
  await lab.startServer();
}, 60_000);
afterAll(() => lab?.close());

const started = async (wans: readonly string[]) => {
  const router = await lab.startRouter({ wans });
  const transfer = startTransfer(lab.hosts.lan, 'down', lab.target, { seconds: 600 });
  await waitUntil('it runs', () => transfer.samples.length > 0);
  await sleep(WARM_UP_MS);
  return { router, transfer };
};

test('100 flaps of wan2 in a minute', { timeout: 170_000 }, async () => {
  const alone = await started(['wan1']);
  const [aloneFromMs, aloneToMs] = [monotonicMs(), await sleep(ALONE_MS, undefined).then(monotonicMs)];
  const usual = goodputMbps(alone.transfer.samples, aloneFromMs, aloneToMs);
  alone.transfer.process.kill('SIGKILL');
  await alone.router.stop();

  const both = await started(['wan1', 'wan2']);
  const alongside = startAlongside(lab.hosts.lan, lab.target);
  await alongside.process.waitFor(/./, 10_000).catch(() => undefined);
  const fromMs = monotonicMs();
  for (let i = 0; i < FLAPS; i++) {
    await lab.emulator?.carrier('wan2', false, 'a');
    await sleep(HALF_MS);
    await lab.emulator?.carrier('wan2', true, 'a');
    await sleep(HALF_MS);
  }
  const toMs = monotonicMs();
  const flapping = goodputMbps(both.transfer.samples, fromMs, toMs);
  const status = await wanStatus(lab, 'wan2');
  await waitUntil('the transfer goes on', () => (both.transfer.samples.at(-1)?.atMs ?? 0) > toMs);
  expect(both.transfer.process.exit).toBeUndefined();
  both.transfer.process.kill('SIGKILL');
  const { visits, talks, talkErrors } = await alongside.stop();
  const failed = visits.flatMap(({ error }) => error ?? []);
  const gapMs = longestGapMs(both.transfer.samples, fromMs, toMs);
  const told = [
    `alone ${usual.toFixed(1)}, flapping ${flapping.toFixed(1)} Mbit/s, longest gap ${Math.round(gapMs)} ms`,
    `${talks} open flows, ${visits.length} new ones; wan2: ${JSON.stringify(status)}`,
  ].join('; ');
  console.log(told);
  expect([...talkErrors, ...failed], told).toEqual([]);
  expect(visits.length, told).toBeGreaterThan(FLAPS);
  expect(flapping, told).toBeGreaterThanOrEqual(OF_THE_OTHER_ALONE * usual);
});
