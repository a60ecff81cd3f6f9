// WANs that are faster than the machine. With two, MPTCP's window is full all the time, and what is sent past it comes again
// in pieces of 64 kB, 200 ms each (relay/flow/send-room). With one, everything waits for its retransmission timer, which is
// 200 ms too, where the far end has nothing to acknowledge (relay/flow/nudge).
import { expect, test } from 'vitest';
import { buildLab, type Lab } from '../../src/lab/lab.ts';
import { measureRate } from '../../src/lab/measure/measure-rate.ts';
import { median } from '../../src/lab/measure/median.ts';
import type { Direction } from '../../src/lab/traffic-programs.ts';
import { mptcpCounters } from '../support/mptcp-counters.ts';

const RUNS = 5;
const SECONDS = 2;

test('two unshaped WANs carry no less than half of what one does', { timeout: 300_000 }, async () => {
  const lab = await buildLab({ wans: ['unshaped', 'unshaped'] });
  try {
    await lab.startOrigin();
    const one = await rates(lab, ['wan1']);
    const both = await rates(lab, ['wan1', 'wan2']);
    for (const direction of ['down', 'up'] as const) {
      const figures = `${direction}: one ${one[direction].map(Math.round).join(', ')}, both ${both[direction].map(Math.round).join(', ')} Mbit/s`;
      expect(median(both[direction]) ?? 0, figures).toBeGreaterThan((median(one[direction]) ?? 0) / 2);
    }
  } finally {
    await lab.close();
  }
});

test('one unshaped WAN does not stand still until the retransmission timer', {
  timeout: 300_000,
}, async () => {
  const lab = await buildLab({ wans: ['unshaped'] });
  try {
    await lab.startOrigin();
    const server = await lab.startServer();
    const router = await lab.startRouter();
    const timeouts: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const before = await retransmissions(lab);
      await measureRate(lab, { router, server }, 'down', SECONDS, () => undefined);
      timeouts.push((await retransmissions(lab)) - before);
    }
    // Left to the kernel it is four to five a second.
    expect(median(timeouts), timeouts.join(', ')).toBeLessThan(2 * SECONDS);
  } finally {
    await lab.close();
  }
});

async function retransmissions(lab: Lab): Promise<number> {
  return (await mptcpCounters(lab.hosts.server)).get('MPTCPRetrans') ?? 0;
}

async function rates(lab: Lab, wans: readonly string[]): Promise<Record<Direction, number[]>> {
  const result: Record<Direction, number[]> = { down: [], up: [] };
  const server = await lab.startServer();
  const router = await lab.startRouter({ wans });
  for (let run = 0; run < RUNS; run++) {
    for (const direction of ['down', 'up'] as const) {
      const { mbps } = await measureRate(lab, { router, server }, direction, SECONDS, () => undefined);
      result[direction].push(mbps);
    }
  }
  await router.stop(10_000);
  await server.stop(10_000);
  return result;
}
