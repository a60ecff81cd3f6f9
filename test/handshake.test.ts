// The handshake between router and server when the way, the clocks, the keys or a WAN are not as they should be.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ORIGIN } from '../src/lab/addresses.ts';
import { buildLab, type Lab, type RouterOptions } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { CONVERT_PORT } from '../src/lab/program-config.ts';
import { runFlows } from '../src/lab/traffic-programs.ts';
import { type CountingOrigin, startCountingOrigin } from './support/counting-origin.ts';
import { HELLO_BYTES } from './support/craft-hello.ts';
import { readCounters, readFailures } from './support/daemon-status.ts';
import { dropPackets } from './support/drop-packets.ts';
import { failuresDuring } from './support/failure-growth.ts';
import { relayLog } from './support/relay-log.ts';
import { type Spoil, startTamperProxy } from './support/tamper-proxy.ts';
import { countOutcomes, type ProbeResult, probeAll } from './support/tcp-probe.ts';
import { waitUntil } from '../src/lab/wait-until.ts';
import { wanStatuses } from './support/wan-statuses.ts';

const COUNTED = { address: ORIGIN.address4, port: 5003 };
const PROXY_PORT = 5200;
const REPLY_BYTES = 24;
const OTHER_KEY = Buffer.alloc(32, 7).toString('base64');
const SHIFT_CLOCK = new URL('./support/shift-clock.cjs', import.meta.url).pathname;

let lab: Lab;
let server: LabProcess;
let origin: CountingOrigin;
let router: LabProcess | undefined;

beforeAll(async () => {
  // The first WAN is slower than the hedge delay; most tests do without it. New flows begin on the second.
  lab = await buildLab({ wans: ['50mbit,delay=200ms', '50mbit', '50mbit,delay=40ms'] });
  await lab.startOrigin();
  origin = await startCountingOrigin(lab.hosts.origin, COUNTED.port);
  server = await lab.startServer();
  // The router's probes ask the server itself: what passes the proxy is flows.
  const chain = `type nat hook prerouting priority dstnat\nudp dport ${PROXY_PORT} redirect to :${CONVERT_PORT}`;
  const table = `table inet probes {\nchain to_server {\n${chain}\n}\n}\n`;
  await lab.hosts.server.must(['nft', '-f', '-'], { input: table });
});

afterEach(async () => {
  await router?.stop();
  router = undefined;
});

afterAll(() => lab?.close());

async function startRouter(options: RouterOptions = {}): Promise<LabProcess> {
  router = await lab.startRouter({ wans: ['wan2', 'wan3'], ...options });
  return router;
}

/** `count` new connections from the LAN, each with a request of its own: what became of them, and what the origin saw. */
async function ask(count: number, concurrency = 8): Promise<{ results: ProbeResult[]; requests: string[] }> {
  const before = origin.requests().length;
  const probes = Array.from({ length: count }, (_, i) => ({
    ...COUNTED,
    send: Buffer.from(`request ${i}\n`),
  }));
  const results = await probeAll(lab.hosts.lan, probes, concurrency);
  return { results, requests: origin.requests().slice(before) };
}

/** Each was answered, with its own answer, and the origin saw each request once. */
async function expectAnswered(count: number): Promise<ProbeResult[]> {
  const { results, requests } = await ask(count);
  expect(results.map(({ outcome, received }) => `${outcome} ${received.toString()}`)).toEqual(
    Array.from({ length: count }, (_, i) => `end answer to request ${i}\n`),
  );
  expect(requests.toSorted()).toEqual(Array.from({ length: count }, (_, i) => `request ${i}\n`).toSorted());
  return results;
}

/** One flow through the proxy for each of `spoil`: the device must see a reset and not a byte. */
async function expectReset(spoil: readonly Spoil[]): Promise<string[]> {
  const proxy = await startTamperProxy(lab, PROXY_PORT, spoil);
  try {
    const { results, requests } = await ask(spoil.length);
    expect(countOutcomes(results)).toEqual({ ECONNRESET: spoil.length });
    expect(results.filter(({ received }) => received.length > 0)).toEqual([]);
    return requests;
  } finally {
    await proxy.stop();
  }
}

const endpoints = () => lab.hosts.router.must(['ip', 'mptcp', 'endpoint', 'show']);
const sum = (counts: object): number => Object.values(counts).reduce((a: number, b: number) => a + b, 0);

test('what is spoiled on the way ends in a reset, at whatever byte', async () => {
  const log = await startRouter({
    // A connection that is opened ahead of need says a hello too.
    overrides: { server: { port: PROXY_PORT }, relay: { 'handshake-timeout': '2s', 'warm-upstreams': 0 } },
  });
  // First that the way through the proxy is a way at all.
  const proxy = await startTamperProxy(lab, PROXY_PORT, [{}]);
  await expectAnswered(4);
  await proxy.stop();
  const during = async (work: () => Promise<unknown>): Promise<{ router: object; server: object }> => {
    let atRouter = {};
    const atServer = await failuresDuring(lab, 'server', async () => {
      atRouter = await failuresDuring(lab, 'router', work);
    });
    return { router: atRouter, server: atServer };
  };

  // A hello cut at every byte.
  const cuts = Array.from({ length: HELLO_BYTES }, (_, cutAt) => ({ hello: { cutAt } }));
  const cut = await during(async () => expect(await expectReset(cuts)).toEqual([]));
  expect(cut).toEqual({ router: { 'server-lost': HELLO_BYTES }, server: { 'client-gone': HELLO_BYTES - 1 } });
  expect(relayLog(log, 'server-lost')[0]?.msg).toMatch(/^a target over wan[23]: .* before its reply$/);

  // A replayed hello: the request gets to the origin with the first, and never with the second.
  const replays = await during(() => expectReset(Array.from({ length: 12 }, () => ({ replayed: true }))));
  expect(replays).toEqual({ router: { 'not-authorized': 12 }, server: { replayed: 12 } });

  // The reply cut at every byte, and with any one bit wrong.
  const answers = Array.from({ length: REPLY_BYTES }, (_, cutAt) => ({ answer: { cutAt } }));
  const answered = await during(() => expectReset(answers));
  expect(answered.router).toEqual({ 'server-lost': REPLY_BYTES });
  const flips = Array.from({ length: REPLY_BYTES * 8 }, (_, flipBit) => ({ answer: { flipBit } }));
  const flipped = await during(() => expectReset(flips));
  expect(sum(flipped.router)).toBe(flips.length);
  expect(flipped.router).toMatchObject({ 'server-reply-unauthenticated': expect.any(Number) });
});

test('a reply that somebody else made is not believed', async () => {
  await startRouter({ overrides: { server: { port: PROXY_PORT }, relay: { 'warm-upstreams': 0 } } });
  const forged = {
    'server-reply-unauthenticated': [
      '01012263', // success
      '010222631e014000', // resource exceeded
      '010222631e016000', // reset by the target
      '010422631e0303007333637265740000', // a cookie
    ],
    malformed: [Buffer.from('HTTP/1.1 200 OK\r\n\r\nhello').toString('hex'), '00'.repeat(64), '01002263'],
    'server-lost': ['', '01'],
    // What a server may say before it knows whom it talks to.
    'not-authorized': ['010222631e012000'],
  };
  for (const [reason, replies] of Object.entries(forged)) {
    const failures = await failuresDuring(lab, 'router', () =>
      expectReset(replies.map((reply) => ({ reply }))),
    );
    expect(failures).toEqual({ [reason]: replies.length });
  }
});

test('a router clock 60 s off, and a server restart with a clock 20 s off, still connect', async () => {
  const flows = { count: 20, concurrency: 5, bytes: 20_000, direction: 'down' } as const;
  const carried = { equal: 20, different: 0, failed: {} };
  for (const shiftMs of [60_000, -60_000, -20_000]) {
    const env = { ...process.env, SHIFT_CLOCK_MS: String(shiftMs) };
    const running = await startRouter({ env, nodeArguments: ['--require', SHIFT_CLOCK] });
    const clock = await failuresDuring(lab, 'server', async () => {
      expect(await runFlows(lab.hosts.lan, lab.target, flows)).toMatchObject(carried);
    });
    if (Math.abs(shiftMs) > 30_000) expect(clock.clock).toBeGreaterThanOrEqual(1);
    if (shiftMs === -20_000) {
      await server.stop();
      server = await lab.startServer();
      expect(await runFlows(lab.hosts.lan, lab.target, flows)).toMatchObject(carried);
      // It did lie behind the start of the server, and was sent a cookie.
      expect((await readFailures(lab, 'server')).clock).toBeGreaterThanOrEqual(1);
    }
    expect(await readFailures(lab, 'router')).toEqual({});
    const told = JSON.parse(running.stderr[0] ?? '{}') as { time: string };
    expect(Math.abs(Date.parse(told.time) - Date.now() - shiftMs)).toBeLessThan(15_000);
    await running.stop();
  }
});

test('of several keys each opens the door, and none once it is removed', async () => {
  const both = [
    { id: 1, key: lab.files.key },
    { id: 2, key: OTHER_KEY, name: 'second router' },
  ];
  await server.stop();
  server = await lab.startServer({ overrides: { key: both } });
  await startRouter({ overrides: { server: { 'key-id': 2, key: OTHER_KEY } } });
  await expectAnswered(4);

  await server.stop();
  server = await lab.startServer();
  const failures = await failuresDuring(lab, 'server', async () => {
    const { results, requests } = await ask(4);
    expect(countOutcomes(results)).toEqual({ ECONNRESET: 4 });
    expect(requests).toEqual([]);
  });
  expect(failures).toEqual({ 'not-authorized': 4 });
  expect(relayLog(server, 'not-authorized')[0]?.msg).toBe('unknown key id 2');
});

test('a WAN that silently drops: after the hedge delay the flow goes over the next, and once only', async () => {
  await startRouter({ overrides: { relay: { 'hedge-delay': '250ms', 'warm-upstreams': 0 } } });
  await waitUntil('both are measured', async () =>
    (await wanStatuses(lab)).every(({ rttMs }) => rttMs !== undefined),
  );
  await expectAnswered(4);
  const before = await readCounters(lab, 'router');
  // The probes are answered still: the flows have to find out by themselves.
  const restore = [await dropPackets(lab.hosts.net, 'forward', 'iifname "gw2" meta l4proto tcp')];
  try {
    const results = await expectAnswered(12);
    // Long before the SYN is sent again, let alone the connect timeout of 10 s.
    for (const { firstByteMs } of results) expect(firstByteMs).toBeLessThan(3000);
    const hedged = results.filter(({ firstByteMs }) => (firstByteMs ?? 0) >= 240);
    expect(hedged.length).toBeGreaterThan(0);
    const after = await readCounters(lab, 'router');
    expect(after.hedges - before.hedges).toBeGreaterThan(0);
    expect(after.hedges - before.hedges).toBeLessThanOrEqual(12);
    expect(after.flowsEstablished - before.flowsEstablished).toBe(12);
    restore.push(await dropPackets(lab.hosts.net, 'forward', 'iifname "gw2"'));
    await waitUntil('it is known to be dead', async () => !(await endpoints()).includes('wan2'));
    const known = await readCounters(lab, 'router');
    await expectAnswered(6);
    expect((await readCounters(lab, 'router')).hedges).toBe(known.hedges);
  } finally {
    for (const one of restore) await one();
  }
  expect(await readFailures(lab, 'router')).toEqual({});
});

test('a WAN that answers after the hedge has won gets no request, and its connection is no failure', async () => {
  // Without an answer to any probe nothing is known of the WANs, and the slow one is as good as the other.
  const restore = await dropPackets(lab.hosts.server, 'input', 'udp dport 5124');
  await startRouter({
    wans: ['wan1', 'wan2'],
    overrides: { relay: { 'hedge-delay': '250ms', 'warm-upstreams': 0 } },
  });
  const failures = await failuresDuring(lab, 'server', async () => {
    await expectAnswered(12);
    // The connections that lost are answered late, and then ended.
    await waitUntil('they are gone', async () => (await readCounters(lab, 'server')).flowsOpen === 0);
  });
  expect(failures).toEqual({});
  expect((await readCounters(lab, 'router')).hedges).toBeGreaterThan(2);
  expect(await readFailures(lab, 'router')).toEqual({});
  await restore();
});
