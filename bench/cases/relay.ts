// As much as goes through: throughput over links without a limit, and what each byte costs.
import type { BenchCase, Variant } from '../bench-case.ts';
import { measureHeld } from '../measure-held.ts';

const WARM_UP_MS = 1200;
const WINDOW_MS = 3000;

function variant(paths: number, count: number, traffic: 'down' | 'up'): Variant {
  const name = `${paths} path${paths > 1 ? 's' : ''}, ${count} stream${count > 1 ? 's' : ''}, ${traffic}`;
  return {
    name,
    async measure(running) {
      const amount = { count, traffic, warmUpMs: WARM_UP_MS, windowMs: WINDOW_MS };
      const { mbps, cpu } = await measureHeld(running, amount);
      return {
        throughputMbps: mbps,
        ...(cpu && {
          routerUserSecondsPerGb: cpu.routerUser,
          routerSystemSecondsPerGb: cpu.routerSystem,
          serverUserSecondsPerGb: cpu.serverUser,
          serverSystemSecondsPerGb: cpu.serverSystem,
        }),
      };
    },
  };
}

export const relay: BenchCase = {
  name: 'relay',
  suits: () => true,
  setups: [
    {
      wans: ['unshaped', 'unshaped'],
      variants: [variant(2, 1, 'down'), variant(2, 8, 'down'), variant(2, 1, 'up')],
    },
    { wans: ['unshaped'], variants: [variant(1, 1, 'down'), variant(1, 8, 'down')] },
  ],
};
