// Out of file descriptors: a daemon stops accepting, says so in one line, and carries every flow in the end.
import { afterEach, expect, test } from 'vitest';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { type Direction, runFlows } from '../src/lab/traffic-programs.ts';
import { readCounters } from './support/daemon-status.ts';
import { expectNoFailures } from './support/no-failures.ts';
import { openFds } from './support/process-facts.ts';
import { relayLog } from './support/relay-log.ts';
import { waitUntil } from '../src/lab/wait-until.ts';

const WORKERS = 2;
const RELAY = { relay: { workers: WORKERS } };

let lab: Lab;

afterEach(() => lab?.close());

async function expectAllEqual(direction: Direction, count: number, bytes: number): Promise<void> {
  const result = await runFlows(lab.hosts.lan, lab.target, { count, concurrency: count, bytes, direction });
  expect(result).toMatchObject({ equal: count, different: 0, failed: {} });
}

async function limitFds(daemon: LabProcess, free: number): Promise<void> {
  const limit = openFds(daemon.pid) + free;
  await lab.hosts.lan.must(['prlimit', '--pid', String(daemon.pid), `--nofile=${limit}:${limit}`]);
}

// 200 flows want 400 fds and more.
const FREE_FDS = 100;

for (const role of ['router', 'server'] as const) {
  test(`without free file descriptors the ${role} stops accepting, says so once, and goes on`, async () => {
    lab = await buildLab({ wans: ['100mbit', '100mbit'] });
    await lab.startOrigin();
    const server = await lab.startServer({ overrides: RELAY });
    const router = await lab.startRouter({ overrides: RELAY });
    const daemon = role === 'router' ? router : server;
    await limitFds(daemon, FREE_FDS);
    await expectAllEqual('down', 200, 128 * 1024);
    await expectNoFailures(lab);

    expect((await readCounters(lab, role)).acceptPauses).toBeGreaterThan(0);
    // Each worker tells it for itself.
    const paused = relayLog(daemon, 'accept-paused').length;
    expect(paused).toBeGreaterThan(0);
    expect(paused).toBeLessThanOrEqual(WORKERS);
    await waitUntil('it resumed', () => relayLog(daemon, 'accept-resumed').length >= paused);
    await expectAllEqual('up', 10, 1000);
  });
}
