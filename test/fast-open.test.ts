// TCP Fast Open between router and server: hello and first bytes leave with the SYN, flows are bonded all the same, and
// where the SYN does not get through, or its data is not taken, they go on, each request once.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ORIGIN } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { median } from '../src/lab/measure/median.ts';
import { CONVERT_PORT } from '../src/lab/program-config.ts';
import { readCounters } from './support/daemon-status.ts';
import { dropPackets, rejectPackets } from './support/drop-packets.ts';
import { failuresDuring } from './support/failure-growth.ts';
import { expectNoFailures } from './support/no-failures.ts';
import { type Counts, countPackets, growth } from './support/packet-counts.ts';
import {
  answerTo,
  requestBytes,
  requestTold,
  type SizedOrigin,
  type SizedRequest,
  startSizedOrigin,
} from './support/sized-origin.ts';
import { stopCleanly } from './support/stop-router.ts';
import { probe, type ProbeResult, probeAll } from './support/tcp-probe.ts';
import { waitUntil } from '../src/lab/wait-until.ts';
import { isWell, type SeenWan, wanStatus, wanStatuses } from './support/wan-statuses.ts';

const PORT = 5404;
const CLOSED_PORT = 5405;
// Its answer is long enough for another subflow to join.
const LONG_BYTES = 400_000;
// An IPv4 SYN has 80 bytes at most, options included, unless it carries data.
const SYN = `tcp dport ${CONVERT_PORT} tcp flags & (syn | ack) == syn`;
const SYN_WITH_DATA = `${SYN} meta length > 80`;
// Without connections that are open ahead of need, which have no use for it.
const RELAY = { 'fast-open': true, workers: 1, 'warm-upstreams': 0 };
const SERVER_RELAY = { 'fast-open': true };

let lab: Lab;
let origin: SizedOrigin;
let router: LabProcess;
let server: LabProcess;
let packets: () => Promise<Counts<'wan1' | 'wan2'>>;
let restore: (() => Promise<void>) | undefined;

const sysctl = async (role: 'router' | 'server'): Promise<string> =>
  (await lab.hosts[role].must(['sysctl', '-n', 'net.ipv4.tcp_fastopen'])).trim();

const allWell = async (): Promise<boolean> => (await wanStatuses(lab)).every(isWell);

beforeAll(async () => {
  lab = await buildLab({ wans: ['50mbit,delay=20ms', '50mbit,delay=20ms'], cuttable: true });
  await lab.hosts.router.must(['sysctl', '-w', 'net.ipv4.tcp_fastopen=0']);
  origin = await startSizedOrigin(lab.hosts.origin, PORT);
  server = await lab.startServer({ overrides: { relay: SERVER_RELAY } });
  router = await lab.startRouter({ overrides: { relay: RELAY, 'on-server-loss': 'direct' } });
  packets = await countPackets(lab.hosts.router, {
    wan1: { hook: 'output', match: `oifname "wan1" ${SYN_WITH_DATA}` },
    wan2: { hook: 'output', match: `oifname "wan2" ${SYN_WITH_DATA}` },
  });
  await waitUntil('both WANs are well', allWell);
});
afterEach(async () => {
  await restore?.();
  restore = undefined;
});
afterAll(() => lab?.close());

/** One after another: each is answered in full and has reached the origin once. */
async function openFlows(
  course: string,
  flows: number,
  answerBytes = 500,
  bodyBytes = 0,
): Promise<ProbeResult[]> {
  const requests = Array.from({ length: flows }, (_, i): SizedRequest => {
    return { name: `${course}-${i}`, answerBytes, bodyBytes };
  });
  const results = await probeAll(
    lab.hosts.lan,
    requests.map((request) => ({ address: ORIGIN.address4, port: PORT, send: requestBytes(request) })),
    1,
  );
  const seen = results.map(({ outcome, received }, i) => {
    const request = requests[i] as SizedRequest;
    const got = received.equals(answerTo(request)) ? 'all' : `${received.length} bytes`;
    return `${request.name}: ${got}, ${outcome}`;
  });
  expect(seen).toEqual(requests.map(({ name }) => `${name}: all, end`));
  const told = origin.requests().filter((one) => one.startsWith(`${course}-`));
  expect(told.toSorted()).toEqual(requests.map(requestTold).toSorted());
  return results;
}

async function counted() {
  const { fastOpenFlows, fastOpenFallbacks, plainUpstreams } = await readCounters(lab, 'router');
  return { fastOpenFlows, fastOpenFallbacks, plainUpstreams };
}

async function joins(): Promise<number> {
  const counters = await lab.hosts.server.must(['nstat', '-asz', 'MPTcpExtMPJoinAckRx']);
  return Number(/MPTcpExtMPJoinAckRx +(\d+)/.exec(counters)?.[1]);
}

const fastOpen = async (name: string): Promise<SeenWan['fastOpen']> => (await wanStatus(lab, name)).fastOpen;

/** Flows over both WANs by turns until each has the cookie of the server. */
const getCookies = (course: string): Promise<ProbeResult[]> => openFlows(`cookies-of-${course}`, 4);

test('with the cookies the SYN carries the hello, and both WANs join', async () => {
  expect([await sysctl('router'), await sysctl('server')]).toEqual(['1', '3']);
  await getCookies('main');
  const [before, sent, joined] = [await counted(), await packets(), await joins()];
  // More than a SYN can carry.
  await openFlows('main', 6, LONG_BYTES, 20_000);
  const after = await counted();
  expect(after).toEqual({ ...before, fastOpenFlows: before.fastOpenFlows + 6 });
  const grown = growth(sent, await packets());
  expect(Math.min(grown.wan1, grown.wan2)).toBeGreaterThan(0);
  expect(grown.wan1 + grown.wan2).toBe(6);
  expect((await joins()) - joined).toBeGreaterThanOrEqual(6);
  await expectNoFailures(lab);
});

test('the server does not know its cookies any more: flows are bonded all the same, and get new ones', async () => {
  await lab.hosts.server.must([
    'sysctl',
    '-w',
    'net.ipv4.tcp_fastopen_key=00112233-44556677-8899aabb-ccddeeff',
  ]);
  const [before, joined] = [await counted(), await joins()];
  await openFlows('key', 4, LONG_BYTES);
  const after = await counted();
  // The first over each WAN.
  expect(after).toEqual({
    ...before,
    fastOpenFlows: before.fastOpenFlows + 2,
    fastOpenFallbacks: before.fastOpenFallbacks + 2,
  });
  expect((await joins()) - joined).toBeGreaterThanOrEqual(4);
  expect((await wanStatuses(lab)).map((wan) => wan.fastOpen?.isOn)).toEqual([true, true]);
  await expectNoFailures(lab);
});

test('a WAN dies with the SYN on its way: the flow goes on, and Fast Open stays', async () => {
  restore = await dropPackets(lab.hosts.net, 'forward', 'iifname "gw1"');
  await openFlows('dead', 4);
  await restore();
  restore = undefined;
  await waitUntil('both WANs are well', allWell);
  await openFlows('alive', 8);
  expect((await fastOpen('wan1'))?.isOn).toBe(true);
});

test('a box on one WAN drops SYNs with data: flows go on over the other, and Fast Open ends there', async () => {
  restore = await dropPackets(lab.hosts.net, 'forward', `iifname "gw1" ${SYN_WITH_DATA}`);
  let course = 0;
  const isOff = async (): Promise<boolean> => {
    const results = await openFlows(`box-${course++}`, 4);
    // Nobody waits until the kernel sends the SYN again, after a second.
    expect(median(results.map(({ totalMs }) => totalMs))).toBeLessThan(1000);
    return (await fastOpen('wan1'))?.isOn === false;
  };
  await waitUntil('it is off', isOff, 60_000);
  expect((await fastOpen('wan1'))?.reason).toContain('three times in a row');
  expect(await fastOpen('wan2')).toEqual({ isOn: true });
  expect(router.stderr.filter((line) => line.includes('three times in a row'))).toHaveLength(1);
  const sent = await packets();
  await openFlows('without', 8);
  const grown = growth(sent, await packets());
  expect(grown.wan1).toBe(0);
  expect(grown.wan2).toBeGreaterThan(0);
  await expectNoFailures(lab);
});

test('the WAN has another address: Fast Open is tried again', async () => {
  const [wan] = lab.wans;
  if (!wan) throw new Error('no WAN');
  const other = wan.router4.replace(/\d+$/, (last) => String(Number(last) + 1));
  await lab.hosts.router.ip([
    `address delete ${wan.router4}/${wan.length4} dev ${wan.device}`,
    `address add ${other}/${wan.length4} dev ${wan.device}`,
    `route replace default via ${wan.gateway4} dev ${wan.device} metric ${wan.metric}`,
  ]);
  await waitUntil('it is on', async () => (await fastOpen('wan1'))?.isOn === true);
  await waitUntil('both WANs are well', allWell);
});

test('a target that refuses: the answer waits until the handshake has ended, and arrives', async () => {
  await getCookies('refused');
  const before = await counted();
  const target = { address: ORIGIN.address4, port: CLOSED_PORT, send: Buffer.from('?') };
  const failures = await failuresDuring(lab, 'router', async () => {
    expect((await probe(lab.hosts.lan, target)).outcome).toBe('ECONNRESET');
  });
  expect(failures).toEqual({ 'refused-by-target': 1 });
  expect((await counted()).fastOpenFlows).toBe(before.fastOpenFlows + 1);
});

test('nobody listens at the server: the SYN is refused, and flows go on as they do without a server', async () => {
  // The probes are answered all the same, so that it is tried each time.
  restore = await rejectPackets(lab.hosts.server, 'input', `tcp dport ${CONVERT_PORT}`);
  const before = await readCounters(lab, 'router');
  await openFlows('nobody', 3);
  const after = await readCounters(lab, 'router');
  expect(after.directFallbacks - before.directFallbacks).toBe(3);
  expect(after.fastOpenFallbacks - before.fastOpenFallbacks).toBe(3);
});

test('both ends put back what they found', async () => {
  await stopCleanly(router);
  expect(await sysctl('router')).toBe('0');
  await stopCleanly(server);
  expect(await sysctl('server')).toBe('1');
});
