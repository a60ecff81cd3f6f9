// A slow link never hurts, measured: WANs of long round trip and WANs that lose packets beside good ones, after the ten
// seconds that the router has to find out. The best single WAN is the least, the sum where round trips are alike. And the
// first flow of a router beside loss that nobody knows of yet.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { buildLab, type Lab } from '../../src/lab/lab.ts';
import type { LabProcess } from '../../src/lab/lab-process.ts';
import { measureRate } from '../../src/lab/measure/measure-rate.ts';
import type { Direction } from '../../src/lab/traffic-programs.ts';
import { readCounters } from '../support/daemon-status.ts';

const WANS = {
  wan1: '50mbit,delay=5ms',
  wan2: '20mbit,delay=15ms',
  // 700 ms there and back.
  wan3: '20mbit,delay=350ms',
  wan4: '20mbit,delay=10ms,loss=5%',
} as const;
type Wan = keyof typeof WANS;

interface Bond {
  readonly wans: readonly Wan[];
  /** Of which the bond must reach the sum. */
  readonly alike: readonly Wan[];
}

const BONDS: readonly Bond[] = [
  { wans: ['wan1', 'wan3'], alike: ['wan1'] },
  { wans: ['wan1', 'wan4'], alike: ['wan1', 'wan4'] },
  { wans: ['wan1', 'wan2', 'wan3', 'wan4'], alike: ['wan1', 'wan2', 'wan4'] },
];

const OF_BEST = 0.95;
const OF_SUM = 0.85;
const SETTLE_MS = 10_000;
const SECONDS = 3;
const DIRECTIONS: readonly Direction[] = ['down', 'up'];
// What a reset flow left in the queues of the links is gone by then.
const PAUSE_MS = 500;
const ROUTER_GRACE_MS = 10_000;

type Rates = Record<Direction, number>;

test('long and lossy WANs beside good ones', { timeout: 400_000 }, async () => {
  const lab = await buildLab({ wans: Object.values(WANS) });
  try {
    await lab.startOrigin();
    const server = await lab.startServer();
    const rates = (wans: readonly Wan[], settleMs: number) => measure(lab, server, wans, settleMs);
    // Without a choice there is nothing to find out, except about loss.
    const alone = {
      wan1: await rates(['wan1'], 0),
      wan2: await rates(['wan2'], 0),
      wan4: await rates(['wan4'], SETTLE_MS),
    };
    for (const { wans, alike } of BONDS) {
      const bonded = await rates(wans, SETTLE_MS);
      const single = alike.map((wan) => alone[wan as keyof typeof alone]);
      for (const direction of DIRECTIONS) {
        const figures = `${direction}: ${JSON.stringify({ wans, bonded, single })}`;
        const each = single.map((one) => one[direction]);
        expect.soft(bonded[direction], figures).toBeGreaterThanOrEqual(OF_BEST * Math.max(...each));
        const sum = each.reduce((a, b) => a + b, 0);
        expect.soft(bonded[direction], figures).toBeGreaterThanOrEqual(OF_SUM * sum);
      }
    }
  } finally {
    await lab.close();
  }
});

// 47.4 and 17.2 alone. With cubic to its end such a flow gets 25 to 40; the best single WAN is the least here, too.
const FIRST_FLOW_MBPS = 52;
// From the fourth second on: it finds out within the first four.
const FIRST_FLOW_SECONDS = 7;

test.each(DIRECTIONS)('the first flow beside loss, %s', { timeout: 100_000 }, async (direction) => {
  const lab = await buildLab({ wans: [WANS.wan1, WANS.wan4] });
  try {
    await lab.startOrigin();
    const server = await lab.startServer();
    const router = await lab.startRouter();
    const { mbps } = await measureRate(
      lab,
      { router, server },
      direction,
      FIRST_FLOW_SECONDS,
      () => undefined,
    );
    const sender = await readCounters(lab, direction === 'down' ? 'server' : 'router');
    expect(sender.congestionTrials).toBe(1);
    expect(mbps).toBeGreaterThanOrEqual(FIRST_FLOW_MBPS);
  } finally {
    await lab.close();
  }
});

/** Goodput over these WANs, in Mbit/s. */
async function measure(lab: Lab, server: LabProcess, wans: readonly Wan[], settleMs: number): Promise<Rates> {
  const router = await lab.startRouter({ wans });
  await sleep(settleMs);
  const measured: Partial<Rates> = {};
  for (const direction of DIRECTIONS) {
    const { mbps } = await measureRate(lab, { router, server }, direction, SECONDS, () => undefined);
    measured[direction] = mbps;
    await sleep(PAUSE_MS);
  }
  await router.stop(ROUTER_GRACE_MS);
  return measured as Rates;
}
