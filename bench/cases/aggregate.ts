// Unequal links with a limit: how much of their sum one download gets.
import { parseWan } from '../../src/lab/wan-spec.ts';
import type { BenchCase, Setup } from '../bench-case.ts';
import { measureHeld } from '../measure-held.ts';
import { isShortlisted } from './shortlist.ts';

const WARM_UP_MS = 4000;
const WINDOW_MS = 5000;

// Of the kernel's own tests (simult_flows), of DSL with LTE, of one slow link that must not drag the other down, and of one
// that loses packets.
const LINKS = [
  ['50mbit', '50mbit'],
  ['15mbit,delay=25ms', '5mbit,delay=1ms'],
  ['50mbit,delay=5ms', '20mbit,delay=30ms'],
  ['50mbit,delay=5ms', '20mbit,delay=350ms'],
  ['50mbit,delay=5ms', '20mbit,delay=10ms,loss=5%'],
];

function setup(wans: readonly string[]): Setup {
  const sumMbps = wans.reduce((sum, text) => sum + parseWan(text).rateBps / 1e6, 0);
  return {
    wans,
    variants: [
      {
        name: wans.join(' + '),
        async measure(running) {
          const amount = { count: 1, traffic: 'down', warmUpMs: WARM_UP_MS, windowMs: WINDOW_MS } as const;
          const { mbps } = await measureHeld(running, amount);
          return { goodputMbps: mbps, efficiency: mbps / sumMbps };
        },
      },
    ],
  };
}

export const aggregate: BenchCase = {
  name: 'aggregate',
  suits: isShortlisted,
  setups: LINKS.map(setup),
};
