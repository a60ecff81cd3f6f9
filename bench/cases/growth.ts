// What a byte and a flow cost as flows become many.
import type { BenchCase, Setup } from '../bench-case.ts';
import { flowsThatFit } from '../open-files.ts';
import { measureHeld } from '../measure-held.ts';

const WARM_UP_MS = 1500;
const WINDOW_MS = 3000;
// Of a relay itself, and of HAProxy's pipes.
const OTHER_FILES = 2200;

const setup = (name: string, wanted: number): Setup => ({
  wans: ['unshaped', 'unshaped'],
  variants: [
    {
      name,
      async measure(running) {
        const count = flowsThatFit(wanted, OTHER_FILES);
        const amount = { count, traffic: 'down', warmUpMs: WARM_UP_MS, windowMs: WINDOW_MS } as const;
        const { mbps, cpu, routerRssBytes } = await measureHeld(running, amount);
        return {
          flows: count,
          throughputMbps: mbps,
          ...(cpu && {
            routerCpuSecondsPerGb: cpu.routerUser + cpu.routerSystem,
            routerRssMb: routerRssBytes / 1e6,
          }),
        };
      },
    },
  ],
});

const METHODS = new Set(['plain', 'wanbond-convert', 'haproxy', 'ss-redir-aes-256-gcm']);

export const growth: BenchCase = {
  name: 'growth',
  suits: ({ name }) => METHODS.has(name),
  setups: [
    setup('1 flow', 1),
    setup('10 flows', 10),
    setup('100 flows', 100),
    setup('1,000 flows', 1000),
    setup('10,000 flows', 10_000),
  ],
};
