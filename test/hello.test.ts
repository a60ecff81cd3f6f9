// What comes to the server's port and is no good hello: cut, late, bent, sent twice, or something else altogether.
// None of it makes the server dial, each is closed and counted, and a download meanwhile is not disturbed.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ORIGIN, SERVER } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { CONVERT_PORT } from '../src/lab/program-config.ts';
import { awaitNoCookie, sendHellos } from './support/send-hello.ts';
import { type CountingOrigin, startCountingOrigin } from './support/counting-origin.ts';
import { craftHello, HELLO_BYTES } from './support/craft-hello.ts';
import { failuresDuring } from './support/failure-growth.ts';
import { loggedEvents, relayLog } from './support/relay-log.ts';
import { countOutcomes, type Probe, type ProbeResult, probe, probeAll } from './support/tcp-probe.ts';
import { waitUntil } from '../src/lab/wait-until.ts';
import { whileDownloading } from './support/witness.ts';

const TARGET = { address: ORIGIN.address4, port: 5003 };
const OTHER_KEY = Buffer.alloc(32, 7).toString('base64');
const HANDSHAKE_TIMEOUT_MS = 1000;
const RELAY = { workers: 2, 'handshake-timeout': '1s', 'max-unauthenticated-per-address': 256 };

let lab: Lab;
let server: LabProcess;
let origin: CountingOrigin;

beforeAll(async () => {
  lab = await buildLab({ wans: ['50mbit', '50mbit'] });
  await lab.startOrigin();
  origin = await startCountingOrigin(lab.hosts.origin, TARGET.port);
  server = await lab.startServer({ overrides: { relay: RELAY } });
  await lab.startRouter();
  await awaitNoCookie(lab);
});

afterAll(() => lab?.close());

const toServer = (send: Uint8Array, more: Partial<Probe> = {}): Probe => ({
  address: SERVER.address4,
  port: CONVERT_PORT,
  send,
  ...more,
});

/** The first 0, 1, 2 ... bytes of a good hello, each of another one. */
const prefixes = (): Buffer[] =>
  Array.from({ length: HELLO_BYTES }, (_, length) => craftHello(lab, TARGET).bytes.subarray(0, length));

const fromRouter = (probes: readonly Probe[]): Promise<ProbeResult[]> => probeAll(lab.hosts.router, probes);

/** Random-looking and the same in every run. */
const noise = (seed: number, bytes: number): Buffer =>
  createHash('shake256', { outputLength: bytes }).update(`noise ${seed}`).digest();

async function withoutDial<T>(work: () => Promise<T>): Promise<T> {
  const before = origin.accepted();
  const result = await work();
  expect(origin.accepted()).toBe(before);
  return result;
}

test('a hello cut at every byte and ended: a reset', async () => {
  let results: ProbeResult[] = [];
  const failures = await failuresDuring(lab, 'server', async () => {
    const probes = prefixes().map((bytes) => toServer(bytes, { endAfterSend: true }));
    results = await withoutDial(() => whileDownloading(lab, () => fromRouter(probes)));
  });
  expect(countOutcomes(results)).toEqual({ ECONNRESET: HELLO_BYTES });
  expect(results.filter(({ received }) => received.length > 0)).toEqual([]);
  // One of them said nothing at all: that is a probe or a lost hedge, and no failure.
  expect(failures).toEqual({ 'client-gone': HELLO_BYTES - 1 });
  await waitUntil(
    'all are told, in few lines',
    () => loggedEvents(relayLog(server, 'client-gone')) === HELLO_BYTES - 1,
  );
  const lines = relayLog(server, 'client-gone');
  for (const { msg } of lines) expect(msg).toMatch(/^the request ended after \d+ bytes$/);
  expect(lines.length).toBeLessThanOrEqual(8);
});

test('a hello cut at every byte and never finished: a reset when the handshake timeout is over', async () => {
  let results: ProbeResult[] = [];
  const failures = await failuresDuring(lab, 'server', async () => {
    const probes = prefixes().map((bytes) => toServer(bytes));
    results = await withoutDial(() => whileDownloading(lab, () => fromRouter(probes)));
  });
  expect(countOutcomes(results)).toEqual({ ECONNRESET: HELLO_BYTES });
  for (const { totalMs } of results) expect(totalMs).toBeGreaterThan(HANDSHAKE_TIMEOUT_MS * 0.9);
  // The one that said nothing at all is no failure.
  expect(failures).toEqual({ timeout: HELLO_BYTES - 1 });
  expect(relayLog(server, 'timeout')[0]?.msg).toBe('no complete request within 1000 ms');
});

test('a hello with any one bit wrong: refused', async () => {
  let results: ProbeResult[] = [];
  const bent = Array.from({ length: HELLO_BYTES }, (_, at) => {
    const { bytes } = craftHello(lab, TARGET);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
    return bytes;
  });
  const failures = await failuresDuring(lab, 'server', async () => {
    results = await withoutDial(() =>
      whileDownloading(lab, () => fromRouter(bent.map((bytes) => toServer(bytes)))),
    );
  });
  expect(Object.keys(countOutcomes(results)).filter((one) => !['ECONNRESET', 'end'].includes(one))).toEqual(
    [],
  );
  expect(Object.values(failures).reduce((sum, count) => sum + count, 0)).toBe(HELLO_BYTES);
  for (const { received } of results) {
    expect(craftHello(lab, TARGET).handshake.receive(received).kind).not.toBe('established');
  }
});

test('a hello sent 33 times, over both workers: taken once, whenever the others come', async () => {
  const copies = 32;
  const before = origin.accepted();
  const { bytes, handshake } = craftHello(lab, TARGET, { early: Buffer.from('once\n') });
  const results: ProbeResult[] = [];
  const failures = await failuresDuring(lab, 'server', () =>
    whileDownloading(lab, async () => {
      results.push(...(await fromRouter(Array.from({ length: copies }, () => toServer(bytes)))));
      results.push(await probe(lab.hosts.router, toServer(bytes)));
    }),
  );
  const steps = results.map(({ received }) => handshake.receive(received));
  expect(steps.filter(({ kind }) => kind === 'established')).toHaveLength(1);
  expect(steps.filter((step) => step.kind === 'refused' && step.reason === 'not-authorized')).toHaveLength(
    copies,
  );
  expect(failures).toEqual({ replayed: copies });
  expect(origin.accepted() - before).toBe(1);
  expect(origin.requests().filter((one) => one === 'once\n')).toHaveLength(1);
  // A worker writes one line in five seconds: two of them met a copy.
  const lines = relayLog(server, 'replayed');
  expect(lines.length).toBeGreaterThanOrEqual(2);
  for (const { msg } of lines) expect(msg).toBe('replayed hello of key-1');
});

test('a wrong key, an unknown key id, a stale time: nothing is dialled', async () => {
  const hellos = [
    craftHello(lab, TARGET, { key: OTHER_KEY }),
    craftHello(lab, TARGET, { keyId: 2 }),
    craftHello(lab, TARGET, { keyId: 2, key: OTHER_KEY }),
    craftHello(lab, TARGET, { aheadMs: -60_000 }),
    craftHello(lab, TARGET, { aheadMs: 60_000 }),
  ];
  let kinds: string[] = [];
  const failures = await failuresDuring(lab, 'server', async () => {
    kinds = (await withoutDial(() => sendHellos(lab, hellos))).map(({ kind }) => kind);
  });
  expect(kinds).toEqual(['refused', 'refused', 'refused', 'retry', 'retry']);
  expect(failures).toEqual({ 'not-authorized': 3, clock: 2 });
});

test('what is no hello at all is closed and counted', async () => {
  const garbage: Record<string, Buffer> = {
    http: Buffer.from('GET / HTTP/1.1\r\nHost: example.com\r\n\r\n'),
    tls: Buffer.concat([Buffer.from('16030102000100', 'hex'), noise(0, 510)]),
    ssh: Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'),
    socks: Buffer.from('05010005010001c633640a1388', 'hex'),
    zeros: Buffer.alloc(4096),
    // RFC 8803: an open converter would dial for this one.
    connect: Buffer.from('010622630a05138b00000000000000000000ffffc633640a', 'hex'),
    'zero length': Buffer.from('01002263', 'hex'),
    'zero TLV': Buffer.from('01032263140000000a000000', 'hex'),
    endless: Buffer.concat([Buffer.from('01ff2263', 'hex'), Buffer.alloc(200_000, 0xc0)]),
  };
  for (let i = 1; i <= 40; i++) garbage[`noise ${i}`] = noise(i, i * i);
  const names = Object.keys(garbage);
  let results: ProbeResult[] = [];
  const failures = await failuresDuring(lab, 'server', async () => {
    const probes = Object.values(garbage).map((bytes) => toServer(bytes));
    results = await withoutDial(() => whileDownloading(lab, () => fromRouter(probes)));
  });
  for (const [i, { outcome }] of results.entries()) {
    expect(['end', 'ECONNRESET', 'EPIPE'], names[i]).toContain(outcome);
  }
  expect(Object.values(failures).reduce((sum, count) => sum + count, 0)).toBe(names.length);
  expect(failures.malformed).toBeGreaterThanOrEqual(40);
  expect(failures['not-authorized']).toBe(1);
});

test('connections without a proof are limited per address, and others are not hindered', async () => {
  await server.stop();
  const limit = 16;
  const count = 48;
  const overrides = {
    relay: { ...RELAY, 'handshake-timeout': '5s', 'max-unauthenticated-per-address': limit },
  };
  server = await lab.startServer({ overrides });
  const { address, bannerPort: port } = lab.target;
  // More than the limit, one after another: whoever has proved its key is not counted any more.
  const held = Array.from({ length: 24 }, (_, i) => ({ address, port, startAfterMs: i * 50, waitMs: 1500 }));
  let results: ProbeResult[] = [];
  const failures = await failuresDuring(lab, 'server', async () => {
    const silent = Array.from({ length: count }, () => toServer(Buffer.from([1])));
    const probing = probeAll(lab.hosts.origin, silent);
    await waitUntil('some are refused', () => relayLog(server, 'resource').length > 0);
    expect(countOutcomes(await probeAll(lab.hosts.lan, held))).toEqual({ silence: held.length });
    results = await probing;
  });
  expect(countOutcomes(results)).toEqual({ ECONNRESET: count });
  expect(failures).toMatchObject({ resource: count - limit, timeout: limit });
  const { msg } = relayLog(server, 'resource')[0] ?? {};
  expect(msg).toMatch(/^198\.51\.100\.\d+ has 16 connections open without a proof$/);
  // The places are free again.
  const again = await failuresDuring(lab, 'server', async () => {
    await probeAll(
      lab.hosts.origin,
      Array.from({ length: limit }, () => toServer(Buffer.from([1]), { endAfterSend: true })),
    );
  });
  expect(again).toEqual({ 'client-gone': limit });
});
