// 20,000 short flows leave nothing behind: no fd, no pipe, no timer, and no growing memory, on either end.
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { runFlows } from '../src/lab/traffic-programs.ts';
import { readCounters } from './support/daemon-status.ts';
import { openFds, residentBytes } from './support/process-facts.ts';
import { waitUntil } from '../src/lab/wait-until.ts';

// 20,000 in all. One after another they take some ten times as long, so these are fewer.
const PARTS = [
  { count: 4000, concurrency: 1 },
  { count: 16_000, concurrency: 50 },
];
const FLOW_BYTES = 1000;
const ROLES = ['router', 'server'] as const;
// Workers publish their counters and may collect their garbage about once a second.
const SETTLE_MS = 2500;

type Role = (typeof ROLES)[number];

let lab: Lab;
let daemons: Record<Role, LabProcess>;

beforeAll(async () => {
  lab = await buildLab({ wans: ['unshaped', 'unshaped'] });
  await lab.startOrigin();
  daemons = {
    server: await lab.startServer(),
    router: await lab.startRouter({ overrides: { relay: { 'warm-upstreams': 0 } } }),
  };
});

afterAll(() => lab?.close());

async function held(role: Role): Promise<Record<string, number>> {
  const { flowsOpen, fdsWatched, pipesOpen, timersArmed } = await readCounters(lab, role);
  return { flowsOpen, fdsWatched, pipesOpen, timersArmed, fds: openFds(daemons[role].pid) };
}

async function heldByBoth(): Promise<Record<Role, Record<string, number>>> {
  return { router: await held('router'), server: await held('server') };
}

/** One after another, then 50 at a time. */
async function run(): Promise<void> {
  for (const part of PARTS) {
    const amount = { ...part, bytes: FLOW_BYTES, direction: 'down' } as const;
    const result = await runFlows(lab.hosts.lan, lab.target, amount);
    expect(result).toMatchObject({ equal: part.count, different: 0, failed: {} });
  }
}

test('fds, pipes and timers come back to the figures before, and memory stays', async () => {
  await delay(SETTLE_MS);
  const before = await heldByBoth();
  const residentAfter: Record<Role, number>[] = [];
  for (let i = 0; i < 2; i++) {
    await run();
    await waitUntil('everything is given back', async () => {
      const now = await heldByBoth();
      return JSON.stringify(now) === JSON.stringify(before);
    }).catch(async () => expect(await heldByBoth()).toEqual(before));
    await delay(SETTLE_MS);
    residentAfter.push({
      router: residentBytes(daemons.router.pid),
      server: residentBytes(daemons.server.pid),
    });
  }
  for (const role of ROLES) {
    const [first, second] = residentAfter.map((one) => one[role]) as [number, number];
    expect(second / first, `${role}: ${first} and then ${second} bytes`).toBeLessThan(1.1);
  }
}, 400_000);
