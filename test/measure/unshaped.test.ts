// Two WANs that are faster than the machine: MPTCP's window is full all the time, and what is sent past it comes again in
// pieces of 64 kB, 200 ms each (relay/flow/send-room).
import { expect, test } from 'vitest';
import { buildLab, type Lab } from '../../src/lab/lab.ts';
import { measureRate } from '../../src/lab/measure-rate.ts';
import { median } from '../../src/lab/median.ts';
import type { Direction } from '../../src/lab/traffic-programs.ts';

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
