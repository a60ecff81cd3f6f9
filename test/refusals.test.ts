// What a LAN device sees when its flow cannot be carried: a reset, never an empty success, and nobody else is disturbed.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ORIGIN } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { runTransfer } from '../src/lab/traffic-programs.ts';
import { streamSha256 } from '../src/lab/traffic/byte-stream.ts';
import { readCounters, readFailures } from './support/daemon-status.ts';
import { dropPackets } from './support/drop-packets.ts';
import { type Failures, failuresDuring } from './support/failure-growth.ts';
import { loggedEvents, relayLog } from './support/relay-log.ts';
import { serverStatuses } from './support/server-status.ts';
import { countOutcomes, type Probe, type ProbeResult, probe, probeAll } from './support/tcp-probe.ts';
import { waitUntil } from '../src/lab/wait-until.ts';
import { whileDownloading } from './support/witness.ts';

const CLOSED_PORT = 5999;
const DEAF_PORT = 5998;
const REQUEST = Buffer.from('hello, is anybody there?\n');
const OTHER_KEY = Buffer.alloc(32, 7).toString('base64');
// The server's dial ends before the router's patience, and the router's before the probe's.
const serverOverrides = () => ({
  key: [{ id: 1, name: 'cabin', key: lab.files.key }],
  relay: { 'connect-timeout': '1s' },
  log: { targets: true },
});
// Connections ahead of need would be refused as well, and counted.
const ROUTER_RELAY = { 'connect-timeout': '2s', 'handshake-timeout': '3s', 'warm-upstreams': 0 };

let lab: Lab;
let server: LabProcess;
let router: LabProcess;

beforeAll(async () => {
  lab = await buildLab({ wans: ['50mbit', '50mbit'] });
  await lab.startOrigin();
  await dropPackets(lab.hosts.origin, 'input', `tcp dport ${DEAF_PORT}`);
  server = await lab.startServer({ overrides: serverOverrides() });
  router = await lab.startRouter({ overrides: { relay: ROUTER_RELAY, log: { targets: true } } });
});

afterAll(() => lab?.close());

async function restartRouter(overrides: object): Promise<void> {
  await router.stop();
  router = await lab.startRouter({
    overrides: { relay: ROUTER_RELAY, log: { targets: true }, ...overrides },
  });
}

function allReset(results: readonly ProbeResult[]): void {
  expect(countOutcomes(results)).toEqual({ ECONNRESET: results.length });
  expect(results.filter(({ received }) => received.length > 0)).toEqual([]);
}

/** `count` flows to `port` of the origin, half of them with first bytes, half over IPv6. */
function flowsTo(port: number, count: number): Probe[] {
  return Array.from({ length: count }, (_, i) => ({
    address: i % 2 === 0 ? ORIGIN.address4 : ORIGIN.address6,
    port,
    ...(i % 4 < 2 && { send: REQUEST }),
    // Also a device that has nothing more to say: a reset follows its end.
    endAfterSend: i % 3 === 0,
  }));
}

/** Flows of a client that speaks first, each to be answered with 1000 bytes. */
function requests(count: number): Probe[] {
  const { address, port } = lab.target;
  return Array.from({ length: count }, () => ({
    address,
    port,
    send: Buffer.from('GET bytes 1000 seed 1\n'),
  }));
}

/** Runs `work` and expects exactly these further failures at each end. */
async function expectFailures(
  expected: { router: Failures; server?: Failures },
  work: () => Promise<void>,
): Promise<void> {
  let atServer: Failures = {};
  const atRouter = await failuresDuring(lab, 'router', async () => {
    if (expected.server) atServer = await failuresDuring(lab, 'server', work);
    else await work();
  });
  expect({ router: atRouter, ...(expected.server && { server: atServer }) }).toEqual(expected);
}

/** Some line about `reason` says why. */
async function expectLogged(daemon: LabProcess, reason: string, pattern: RegExp): Promise<void> {
  await waitUntil(`${pattern} in the log of ${daemon.label}`, () =>
    relayLog(daemon, reason).some(({ msg }) => pattern.test(msg)),
  );
}

/** Every event of `reason` is told, in far fewer lines than there were events. */
async function expectSummedUp(
  daemon: LabProcess,
  reason: string,
  pattern: RegExp,
  count: number,
): Promise<void> {
  // What was held back is told when the reason has been quiet for a while.
  const entries = await waitUntil(`${count} events of ${reason} in the log of ${daemon.label}`, () => {
    const seen = relayLog(daemon, reason);
    return loggedEvents(seen) >= count && seen;
  });
  expect(loggedEvents(entries)).toBe(count);
  for (const { msg } of entries) expect(msg).toMatch(pattern);
  expect(entries.length).toBeLessThanOrEqual(count / 4);
}

async function expectCarried(): Promise<void> {
  const bytes = 1_000_000;
  const result = await runTransfer(lab.hosts.lan, 'down', lab.target, { bytes, seed: 3 });
  expect(result.sha256).toBe(streamSha256(3, bytes));
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

test('a target that speaks first and a client that does are both answered at once', async () => {
  const banner = Array.from({ length: 15 }, () => ({
    address: lab.target.address,
    port: lab.target.bannerPort,
    waitMs: 600,
  }));
  const spoken = await probeAll(lab.hosts.lan, banner, 5);
  for (const { received } of spoken) expect(received.toString()).toBe('220 lab origin speaks first\r\n');
  const asked = await probeAll(lab.hosts.lan, requests(15), 3);
  for (const { outcome, received } of asked) expect([outcome, received.length]).toEqual(['end', 1000]);
  // Far below every timer on the way (the first is the hedge delay, 250 ms), far above what two cores need.
  for (const results of [spoken, asked])
    expect(median(results.map((one) => one.firstByteMs ?? 1e9))).toBeLessThan(150);
});

test('a target that refuses: a reset, counted and told at both ends', async () => {
  const count = 40;
  await expectFailures(
    { router: { 'refused-by-target': count }, server: { 'refused-by-target': count } },
    async () => {
      allReset(await whileDownloading(lab, () => probeAll(lab.hosts.lan, flowsTo(CLOSED_PORT, count), 8)));
    },
  );
  await expectSummedUp(
    router,
    'refused-by-target',
    /^(198\.51\.100\.10|\[2001:db8:e::10\]):5999 over wan[12]: the server answered error 96$/,
    count,
  );
  await expectSummedUp(
    server,
    'refused-by-target',
    /^cabin, (198\.51\.100\.10|\[2001:db8:e::10\]):5999: ECONNREFUSED$/,
    count,
  );
});

test('a target that never answers: a reset after the connect timeout of the server', async () => {
  const count = 16;
  await expectFailures({ router: { timeout: count }, server: { timeout: count } }, async () => {
    const results = await whileDownloading(lab, () => probeAll(lab.hosts.lan, flowsTo(DEAF_PORT, count)));
    allReset(results);
    for (const { totalMs } of results) expect(totalMs).toBeGreaterThanOrEqual(900);
  });
  await expectLogged(server, 'timeout', /^cabin, .*:5998: no answer from the target$/);
});

test('a server that accepts and stays silent: a reset after the handshake timeout of the router', async () => {
  const count = 8;
  await expectFailures({ router: { 'server-silent': count } }, async () => {
    const results = await whileDownloading(lab, async () => {
      process.kill(server.pid, 'SIGSTOP');
      try {
        return await probeAll(lab.hosts.lan, flowsTo(lab.target.port, count));
      } finally {
        process.kill(server.pid, 'SIGCONT');
      }
    });
    allReset(results);
  });
  await expectLogged(router, 'server-silent', /over wan[12]: no reply within 3000 ms$/);
  await expectCarried();
});

test('a server that is down, with on-server-loss = "block": a reset, until it is back', async () => {
  await server.stop();
  await expectFailures({ router: { 'server-down': 16 } }, async () => {
    allReset(await probeAll(lab.hosts.lan, flowsTo(lab.target.port, 16)));
  });
  await expectLogged(router, 'server-down', /: connect failed: ECONNREFUSED$/);
  server = await lab.startServer({ overrides: serverOverrides() });
  await expectCarried();
});

test('a server that nothing reaches, with "block": a reset after the connect timeout', async () => {
  const restore = await dropPackets(
    lab.hosts.server,
    'input',
    'tcp dport 5124 tcp flags & (syn | ack) == syn',
  );
  try {
    const before = relayLog(router, 'server-down').length;
    await expectFailures({ router: { 'server-down': 8 } }, async () => {
      const results = await probeAll(lab.hosts.lan, flowsTo(lab.target.port, 8));
      allReset(results);
      for (const { totalMs } of results) expect(totalMs).toBeGreaterThanOrEqual(1900);
    });
    await waitUntil('the log says why', () =>
      relayLog(router, 'server-down')
        .slice(before)
        .some(({ msg }) => msg.endsWith('connect failed: ETIMEDOUT')),
    );
  } finally {
    await restore();
  }
  await expectCarried();
});

test('a server that is down, with "direct": flows go out over a WAN, and over the server once it is back', async () => {
  await restartRouter({ 'on-server-loss': 'direct', relay: { ...ROUTER_RELAY, 'early-data-wait': '1s' } });
  // On the way: a client that speaks first does not wait for the time that it was given.
  const asked = await probeAll(lab.hosts.lan, requests(9), 3);
  expect(median(asked.map((one) => one.firstByteMs ?? 1e9))).toBeLessThan(600);
  expect((await readCounters(lab, 'router')).directFallbacks).toBe(0);

  await server.stop();
  await expectCarried();
  expect((await readCounters(lab, 'router')).directFallbacks).toBe(1);
  // The direct way is told to refuse, too: the device sees a reset, as from any router.
  const refused = await probe(lab.hosts.lan, { address: ORIGIN.address4, port: CLOSED_PORT, send: REQUEST });
  allReset([refused]);
  expect(await readFailures(lab, 'router')).toEqual({ unreachable: 1 });

  server = await lab.startServer({ overrides: serverOverrides() });
  await waitUntil('its return is noticed', async () => (await serverStatuses(lab))[0]?.isUsed === true);
  const before = await readCounters(lab, 'router');
  await expectCarried();
  expect((await readCounters(lab, 'router')).directFallbacks).toBe(before.directFallbacks);
});

test('a wrong key: a reset, and both ends say why', async () => {
  await restartRouter({ server: { key: OTHER_KEY }, relay: ROUTER_RELAY });
  const count = 12;
  await expectFailures(
    { router: { 'not-authorized': count }, server: { 'not-authorized': count } },
    async () => allReset(await probeAll(lab.hosts.lan, flowsTo(lab.target.port, count))),
  );
  await expectLogged(router, 'not-authorized', /: the server answered error 32$/);
  await expectLogged(server, 'not-authorized', /^wrong tag for key id 1$/);
  // Whoever has no proof learns nothing, and the target is not even named.
  expect(server.stderr.join('\n')).not.toContain(OTHER_KEY);
  expect(relayLog(server, 'not-authorized').some(({ msg }) => msg.includes(ORIGIN.address4))).toBe(false);
});
