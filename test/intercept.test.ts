// The in-path gateway: MPTCP ends at the lab's server, which routes, and the origin behind it knows nothing of that. The
// lab's router, without wanbond, is a client with two paths.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { BACKBONE, ORIGIN, SERVER, type WanAddresses } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { parseMptcpCounters } from '../src/lab/measure/proc-files.ts';
import type { ProgramOptions } from '../src/lab/programs.ts';
import type { HostName } from '../src/lab/run-name.ts';
import { dropPackets } from './support/drop-packets.ts';
import { failuresDuring } from './support/failure-growth.ts';
import { networkState } from './support/network-state.ts';
import { askPeer, holdPeer, servePeers } from './support/peer.ts';
import { receivedBytes } from './support/received-bytes.ts';
import { relayLog } from './support/relay-log.ts';
import { answerTo, requestBytes, startSizedOrigin } from './support/sized-origin.ts';
import { stopCleanly } from './support/stop-router.ts';
import { countOutcomes, MPTCPIZED, type Probe, type ProbeResult, probeAll } from './support/tcp-probe.ts';
import { wanbond } from './support/wanbond.ts';

const PEERS = 5003;
const SIZED = 5004;
const CLOSED = 5005;
const SILENT = 5006;
const PORTS = [PEERS, SIZED, CLOSED, SILENT];
const ORIGINS = [ORIGIN.address4, ORIGIN.address6];
const GATEWAY = [BACKBONE.server4, BACKBONE.server6];
// Behind the gateway, as the servers of a site usually are.
const PRIVATE4 = '10.9.9.9';
const NOT_ROOT = 65_534;
const CONNECT_TIMEOUT_MS = 1000;
const DOWNLOAD_BYTES = 3_000_000;
const PRESERVE = { 'preserve-source': true, 'target-interfaces': [BACKBONE.device] };

let lab: Lab;
/** The client's, on its first path. */
let own: string[];
let before: string[];
let gateway: LabProcess | undefined;

beforeAll(async () => {
  lab = await buildLab({ wans: ['40mbit', '40mbit'], transport: 'direct' });
  const { router, net, server, origin } = lab.hosts;
  const [first, second] = lab.wans as [WanAddresses, WanAddresses];
  own = [first.router4, first.router6];
  await router.must(['ip', 'mptcp', 'limits', 'set', 'subflows', '2']);
  await router.ip(
    [second.router4, second.router6].map((one) => `mptcp endpoint add ${one} dev ${second.device} subflow`),
  );
  await origin.ip([`address add ${PRIVATE4}/32 dev lo`]);
  await net.ip([`route add ${PRIVATE4}/32 via ${SERVER.address4}`]);
  await server.ip([`route add ${PRIVATE4}/32 via ${BACKBONE.origin4}`]);
  // Gives the plan something to do for the interface that clients come in by.
  await server.writeSysctls(new Map([[`net/ipv4/conf/${SERVER.device}/rp_filter`, '1']]));
  await dropPackets(origin, 'input', `tcp dport ${SILENT}`);
  await Promise.all([servePeers(origin, PEERS), startSizedOrigin(origin, SIZED)]);
  before = await networkState(server);
});
afterAll(() => lab?.close());

async function stopLeft(): Promise<void> {
  await gateway?.stop();
  gateway = undefined;
}

async function start(listen: object = {}, overrides: object = {}, options: ProgramOptions = {}) {
  const all = { transport: 'intercept', interfaces: [SERVER.device], ports: PORTS, ...listen };
  gateway = await lab.startServer({
    ...options,
    overrides: { listen: [all], relay: { 'connect-timeout': `${CONNECT_TIMEOUT_MS}ms` }, ...overrides },
  });
  return gateway;
}

const state = (): Promise<string[]> => networkState(lab.hosts.server);
const ask = (address: string): Promise<string> => askPeer(lab.hosts.router, address, PEERS);
const askAll = (): Promise<string[]> => Promise.all(ORIGINS.map(ask));
const overMptcp = (probes: readonly Probe[]): Promise<ProbeResult[]> =>
  probeAll(lab.hosts.router, probes, probes.length, MPTCPIZED);

async function counted(host: HostName, name: string): Promise<number> {
  const text = await lab.hosts[host].must(['cat', '/proc/net/netstat']);
  return parseMptcpCounters(text).get(name) ?? 0;
}

/** What the client sees of a download over MPTCP by each family, and which part of it each path brought. */
async function download(): Promise<{ readonly areEqual: boolean[]; readonly shares: number[] }> {
  const requests = ORIGINS.map((_, i) => ({ name: `download${i}`, answerBytes: DOWNLOAD_BYTES }));
  const devices = lab.wans.map(({ device }) => device);
  const from = await receivedBytes(lab.hosts.router, devices);
  const results = await overMptcp(
    requests.map((one, i) => ({ address: ORIGINS[i] as string, port: SIZED, send: requestBytes(one) })),
  );
  const to = await receivedBytes(lab.hosts.router, devices);
  return {
    areEqual: results.map(({ received }, i) =>
      received.equals(answerTo(requests[i] as (typeof requests)[0])),
    ),
    shares: to.map((bytes, i) => (bytes - (from[i] ?? 0)) / (DOWNLOAD_BYTES * requests.length)),
  };
}

describe.each([
  ['the gateway', {}, () => GATEWAY],
  ['the client with preserve-source', PRESERVE, () => own],
] as const)('a server sees %s', (_, listen, seen) => {
  beforeAll(() => start(listen));
  afterAll(stopLeft);

  test('over MPTCP, whose two paths both carry', async () => {
    const [synAcks, acks, atOrigin] = await Promise.all([
      counted('router', 'MPJoinSynAckRx'),
      counted('server', 'MPJoinAckRx'),
      counted('origin', 'MPCapableSYNRX'),
    ]);
    const { areEqual, shares } = await download();
    expect(areEqual).toEqual([true, true]);
    for (const share of shares) expect(share).toBeGreaterThan(0.2);
    expect((await counted('router', 'MPJoinSynAckRx')) - synAcks).toBeGreaterThanOrEqual(ORIGINS.length);
    expect((await counted('server', 'MPJoinAckRx')) - acks).toBeGreaterThanOrEqual(ORIGINS.length);
    expect(await counted('origin', 'MPCapableSYNRX')).toBe(atOrigin);

    const send = Buffer.from('x');
    const told = await overMptcp(
      ORIGINS.map((address) => ({ address, port: PEERS, send, endAfterSend: true })),
    );
    expect(told.map(({ received }) => received.toString())).toEqual(seen().map((one) => `${one}\nx`));
  });

  test('over plain TCP', async () => {
    expect(await askAll()).toEqual(seen());
  });

  test('one that refuses is a reset, one that is silent a reset after connect-timeout', async () => {
    let results: ProbeResult[] = [];
    const failures = await failuresDuring(lab, 'server', async () => {
      results = await overMptcp(
        ORIGINS.flatMap((address) => [CLOSED, SILENT].map((port) => ({ address, port }))),
      );
    });
    expect(countOutcomes(results)).toEqual({ ECONNRESET: 4 });
    for (const { totalMs } of [results[1], results[3]] as ProbeResult[])
      expect(totalMs).toBeGreaterThan(CONNECT_TIMEOUT_MS * 0.9);
    expect(failures).toEqual({ 'refused-by-target': 2, timeout: 2 });
  });

  test('and at the end all is put back', async () => {
    await stopCleanly(gateway as LabProcess);
    expect(await state()).toEqual(before);
  });
});

describe('started anew', () => {
  afterEach(stopLeft);

  test('killed, it leaves plain routing behind, and `down` takes back the rest', async () => {
    const daemon = await start();
    expect(await askAll()).toEqual(GATEWAY);
    daemon.kill('SIGKILL');
    await daemon.exited;
    expect(await state()).not.toEqual(before);
    expect(await askAll()).toEqual(own);
    expect((await download()).areEqual).toEqual([true, true]);
    expect(await wanbond(lab.hosts.server, 'down', '-c', lab.files.configFile('server'))).toMatchObject({
      code: 0,
    });
    expect(await state()).toEqual(before);
  });

  test('when it ends, running flows go on and new ones pass untouched', async () => {
    const daemon = await start(PRESERVE);
    const held = await holdPeer(lab.hosts.router, ORIGIN.address4, PEERS);
    await held.works();
    daemon.kill('SIGTERM');
    await daemon.waitFor(/no new flows/, 10_000);
    const growth = await failuresDuring(lab, 'server', async () => {
      expect(await askAll()).toEqual(own);
    });
    expect(growth).toEqual({});
    await held.works();
    await held.stop();
    expect(await daemon.exited).toEqual({ code: 0, signal: undefined });
    expect(await state()).toEqual(before);
  });

  test('takes only the targets it is told, private ones too, and no flow to itself; a denied one is reset', async () => {
    const targets = [`${ORIGIN.address4}/32`, '10.0.0.0/8'];
    const daemon = await start({ targets });
    expect(await askAll()).toEqual([GATEWAY[0], own[1]]);
    expect(await ask(PRIVATE4)).toBe(GATEWAY[0]);
    await daemon.stop();

    const denying = await start({}, { egress: { deny: [PRIVATE4] } });
    expect(await ask(ORIGIN.address4)).toBe(GATEWAY[0]);
    expect(await ask(PRIVATE4)).toBe('ECONNRESET');
    expect(await ask(SERVER.address4)).toBe('ECONNREFUSED');
    expect(relayLog(denying, 'egress-denied')[0]?.msg).toMatch(/^an intercepted flow, .*egress policy/);
    // Somebody on the host itself who finds the listener.
    expect(await askPeer(lab.hosts.server, '127.0.0.1', PEERS)).toBe('ECONNRESET');
  });

  test('without privileges it says what is missing; with CAP_NET_ADMIN alone it runs, after `up`', async () => {
    const refused = await start({}, {}, { userId: NOT_ROOT, waitForReady: false });
    expect(await refused.exited).toEqual({ code: 1, signal: undefined });
    const last = JSON.parse(refused.stderr.at(-1) ?? '{}') as object;
    expect(last).toMatchObject({ code: 'no-privileges', msg: expect.stringContaining('CAP_NET_ADMIN') });

    const record = lab.files.stateDir('router');
    const config = lab.files.configFile('server');
    expect(await wanbond(lab.hosts.server, 'up', '-c', config, '--record', record)).toMatchObject({
      code: 0,
    });
    const daemon = await start(PRESERVE, {}, { userId: NOT_ROOT, capabilities: ['net_admin'] });
    expect(await askAll()).toEqual(own);
    await stopCleanly(daemon);
    expect(await wanbond(lab.hosts.server, 'down', '-c', config, '--record', record)).toMatchObject({
      code: 0,
    });
    expect(await state()).toEqual(before);
  });
});
