// Flows that are open and say nothing: how long opening them takes, and what each costs while it waits.
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchCase, Metrics, Running, Setup } from '../bench-case.ts';
import { flowsThatFit } from '../open-files.ts';
import { holdFlows } from '../load-programs.ts';
import { cpuTime, kernelBytes, residentBytes } from '../process-cost.ts';

// Buffers that opening took have been given back, and garbage collected, as far as that happens by itself.
const SETTLE_MS = 4000;
const IDLE_MS = 4000;
// Of a relay itself, and of HAProxy's pipes.
const OTHER_FILES = 2200;

async function measure({ carrier, client, target }: Running, wanted: number): Promise<Metrics> {
  const count = flowsThatFit(wanted, OTHER_FILES);
  const look = () => ({
    router: residentBytes(carrier.router),
    server: residentBytes(carrier.server),
    kernel: kernelBytes(),
  });
  const before = look();
  const held = holdFlows(client, target, { count, traffic: 'none' });
  try {
    const openMs = await held.opened;
    await sleep(SETTLE_MS);
    const after = look();
    const from = cpuTime(carrier.router);
    await sleep(IDLE_MS);
    const to = cpuTime(carrier.router);
    const last = held.samples.at(-1);
    if (!last) throw new Error('the flows ended');
    return {
      flowsOpen: last.open,
      openSeconds: openMs / 1000,
      failures: last.failures + last.lost,
      kernelBytesPerFlow: (after.kernel - before.kernel) / count,
      ...(carrier.router.length > 0 && {
        routerRssBytesPerFlow: (after.router - before.router) / count,
        serverRssBytesPerFlow: (after.server - before.server) / count,
        routerIdleCpuPercent: ((to.user + to.system - from.user - from.system) / IDLE_MS) * 100_000,
        routerRssAtStartMb: before.router / 1e6,
        serverRssAtStartMb: before.server / 1e6,
      }),
    };
  } finally {
    await held.stop();
  }
}

const setup = (name: string, count: number): Setup => ({
  wans: ['unshaped', 'unshaped'],
  variants: [{ name, measure: (running) => measure(running, count) }],
});

export const many: BenchCase = {
  name: 'many',
  suits: () => true,
  setups: [setup('1,000 flows', 1000), setup('10,000 flows', 10_000)],
};
