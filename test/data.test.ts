// What the relay carries: bulk both ways over every address family and redirect method, bonded, equal, and spliced.
import { afterEach, expect, test } from 'vitest';
import { ORIGIN } from '../src/lab/addresses.ts';
import { buildLab, type Lab, type LabOptions, type RouterOptions } from '../src/lab/lab.ts';
import { parseInterfaceBytes } from '../src/lab/measure/proc-files.ts';
import { CONVERT_PORT } from '../src/lab/program-config.ts';
import { countSubflows } from '../src/lab/measure/subflow-count.ts';
import {
  type Direction,
  runTransfer,
  startTransfer,
  type TrafficTarget,
} from '../src/lab/traffic-programs.ts';
import { streamSha256 } from '../src/lab/traffic/byte-stream.ts';
import { readCounters } from './support/daemon-status.ts';
import { mptcpCounters } from './support/mptcp-counters.ts';
import { expectNoFailures } from './support/no-failures.ts';
import { waitUntil } from '../src/lab/wait-until.ts';

const GIB = 1 << 30;
const DIRECTIONS: readonly Direction[] = ['down', 'up'];
const ROLES = ['router', 'server'] as const;
// Far more than a handshake, and a second of the slowest link.
const MOVED_BYTES = 2_000_000;
const SOME_BYTES = 20_000_000;

let lab: Lab;

afterEach(() => lab?.close());

async function start(options: LabOptions, router: RouterOptions = {}): Promise<void> {
  lab = await buildLab(options);
  await lab.startOrigin();
  await lab.startServer();
  await lab.startRouter(router);
}

const target = (address: string): TrafficTarget => ({ ...lab.target, address });

/** Bytes of both ways arrive equal, and are counted as carried on both ends. */
async function expectCarried(address: string, bytes: number): Promise<void> {
  const before = await carriedBytes();
  const seed = 3;
  for (const direction of DIRECTIONS) {
    const result = await runTransfer(lab.hosts.lan, direction, target(address), { bytes, seed });
    expect(result).toMatchObject({ bytes, sha256: streamSha256(seed, bytes) });
  }
  const after = await carriedBytes();
  for (const [i, role] of ROLES.entries()) {
    expect((after[i] as number) - (before[i] as number), role).toBeGreaterThanOrEqual(2 * bytes);
  }
  await expectNoFailures(lab);
}

async function carriedBytes(): Promise<number[]> {
  const counters = [await readCounters(lab, 'router'), await readCounters(lab, 'server')];
  return counters.map(({ bytesToFar, bytesToNear }) => bytesToFar + bytesToNear);
}

/** Plain TCP at the LAN device and the origin, joined MPTCP between router and server. */
async function expectOnlyTheMiddleIsMptcp(): Promise<void> {
  for (const host of [lab.hosts.lan, lab.hosts.origin]) {
    const spoken = [...(await mptcpCounters(host))].filter(
      ([name, count]) => /^MP(Capable|Join)/.test(name) && count > 0,
    );
    expect(spoken, host.name).toEqual([]);
  }
  expect((await mptcpCounters(lab.hosts.router)).get('MPJoinSynAckRx')).toBeGreaterThan(0);
  expect((await mptcpCounters(lab.hosts.server)).get('MPJoinAckRx')).toBeGreaterThan(0);
  expect((await readCounters(lab, 'router')).plainUpstreams).toBe(0);
}

/** One flow runs on that many subflows, and every WAN moves its bytes. */
async function expectBonded(direction: Direction, count: number): Promise<void> {
  const { router, lan } = lab.hosts;
  const moved = async (): Promise<number[]> => {
    const interfaces = parseInterfaceBytes(await router.must(['cat', '/proc/net/dev']));
    const bytes = direction === 'down' ? 'rxBytes' : 'txBytes';
    return lab.wans.map((wan) => interfaces.get(wan.device)?.[bytes] ?? 0);
  };
  const before = await moved();
  const transfer = startTransfer(lan, direction, lab.target, { seconds: 60 });
  await waitUntil(`${count} subflows ${direction}`, async () => {
    return countSubflows(await router.must(['ss', '-tinH']), CONVERT_PORT) === count;
  });
  await waitUntil(`every WAN moves bytes ${direction}`, async () => {
    return (await moved()).every((now, i) => now - (before[i] as number) > MOVED_BYTES);
  });
  await transfer.process.stop();
}

test('1 GiB each way is equal, and what comes over TCP in bulk takes the splice path', async () => {
  await start({ wans: ['unshaped', 'unshaped'] });
  await expectCarried(ORIGIN.address4, GIB);
  await expectOnlyTheMiddleIsMptcp();
  for (const role of ROLES) {
    const { bytesSpliced, bytesToFar, bytesToNear } = await readCounters(lab, role);
    const share = bytesSpliced / (role === 'router' ? bytesToFar : bytesToNear);
    expect(share, role).toBeGreaterThan(0.99);
    expect(share, role).toBeLessThanOrEqual(1);
  }
});

test('four WANs are four subflows, down and up', async () => {
  await start({ wans: ['20mbit', '20mbit', '20mbit', '20mbit'] });
  for (const direction of DIRECTIONS) await expectBonded(direction, 4);
  await expectOnlyTheMiddleIsMptcp();
});

test('targets of both families over an IPv4 server, with either redirect method', async () => {
  await start({ wans: ['unshaped', 'unshaped'] });
  await expectCarried(ORIGIN.address6, SOME_BYTES);
  for (const method of ['tproxy', 'redirect']) {
    await Promise.all(lab.hosts.router.processes.map((one) => one.stop()));
    await lab.startRouter({ overrides: { redirect: { method } } });
    await expectCarried(ORIGIN.address4, SOME_BYTES);
    await expectCarried(ORIGIN.address6, SOME_BYTES);
  }
  await expectOnlyTheMiddleIsMptcp();
});

test('an IPv6 server over WANs with source-specific default routes: both WANs, targets of both families', async () => {
  await start({ wans: ['50mbit', '50mbit'], sourceSpecific: true, family: 6 });
  for (const direction of DIRECTIONS) await expectBonded(direction, 2);
  await expectCarried(ORIGIN.address6, SOME_BYTES);
  await expectCarried(ORIGIN.address4, SOME_BYTES);
  await expectOnlyTheMiddleIsMptcp();
});
