// Shadowsocks with programs of others, as Debian has them: ss-server and V2Ray behind our router; ss-local, ss-redir and V2Ray
// before our server. None of them tells why it refuses: a connection ends without a byte.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { LAN, ORIGIN, SERVER } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { runTransfer } from '../src/lab/traffic-programs.ts';
import { streamSha256 } from '../src/lab/traffic/byte-stream.ts';
import { readCounters } from './support/daemon-status.ts';
import { failuresDuring } from './support/failure-growth.ts';
import { curlFailure, expectCarried, startHttpOrigin } from './support/http-origin.ts';
import { joinsAccepted } from './support/mptcp-counters.ts';
import { redirectLan } from '../src/lab/peers/redirect-lan.ts';
import { relayLog } from './support/relay-log.ts';
import { startResolver, useResolver } from './support/resolver.ts';
import {
  type Cipher,
  startSsClient,
  startSsServer,
  startV2rayClient,
  startV2rayServer,
} from '../src/lab/peers/shadowsocks-programs.ts';
import { stopLeftRouters } from './support/stop-router.ts';
import { probe } from './support/tcp-probe.ts';
import { waitUntil } from '../src/lab/wait-until.ts';
import { wanStatuses } from './support/wan-statuses.ts';

const METHODS = ['aes-128-gcm', 'aes-256-gcm', 'chacha20-ietf-poly1305'] as const;
const PASSWORD = 'the password of all';
const CLOSED = { address: ORIGIN.address4, port: 5999 };
const CLOSED_URL = `http://${CLOSED.address}:${CLOSED.port}/`;
const SOCKS_PORT = 1080;
// Every program carries 100 MB, with one of its ciphers; the others are shown to be the same with less.
const ALL_BYTES = 100_000_000;
const SOME_BYTES = 3_000_000;

const cipher = (method: string): Cipher => ({ method, password: PASSWORD });

let lab: Lab;

beforeAll(async () => {
  lab = await buildLab({ wans: ['unshaped', 'unshaped'], transport: 'shadowsocks' });
  await Promise.all([lab.startOrigin(), startHttpOrigin(lab.hosts.origin)]);
});
afterAll(() => lab?.close());

describe('a server of others behind our router', () => {
  const PORT = 8400;

  afterEach(async () => {
    await stopLeftRouters(lab);
    await Promise.all(lab.hosts.server.processes.map((one) => one.stop()));
  });

  function startRouter(method: string, password?: string): Promise<LabProcess> {
    const server = { address: SERVER.address4, port: PORT, method, password };
    return lab.startRouter({ overrides: { server, socks: { port: SOCKS_PORT } } });
  }

  const triedAs = (capable: string): Promise<boolean> =>
    waitUntil('MPTCP was tried', async () =>
      (await wanStatuses(lab)).every(({ mptcp }) => mptcp?.capable === capable),
    );

  /** A device behind the router sees a reset, and so does one that came by the router's own SOCKS port. */
  async function expectRefused(): Promise<void> {
    const failed = await failuresDuring(lab, 'router', async () => {
      const { outcome, received, totalMs } = await probe(lab.hosts.lan, {
        ...CLOSED,
        send: Buffer.from('hello'),
      });
      expect([outcome, received.length]).toEqual(['ECONNRESET', 0]);
      // V2Ray tries five times.
      expect(totalMs).toBeLessThan(10_000);
      const socks = ['--socks5', `${LAN.router4}:${SOCKS_PORT}`];
      expect(await curlFailure(lab, socks, CLOSED_URL)).toMatch(/^5[56] /);
    });
    expect(failed).toEqual({ 'refused-by-target': 2 });
  }

  test.each([
    ['aes-128-gcm', SOME_BYTES],
    ['aes-256-gcm', ALL_BYTES],
    ['chacha20-ietf-poly1305', SOME_BYTES],
  ])('ss-server, %s', async (method, bytes) => {
    await startSsServer(lab, PORT, cipher(method));
    await startRouter(method, PASSWORD);
    await expectCarried(lab, [], ORIGIN.address4, bytes);
    await expectRefused();
    await triedAs('stripped');
    expect((await readCounters(lab, 'router')).plainUpstreams).toBeGreaterThanOrEqual(4);
  });

  test('ss-server with --mptcp: bonded', async () => {
    await startSsServer(lab, PORT, cipher('aes-128-gcm'), ['--mptcp']);
    const router = await startRouter('aes-128-gcm', PASSWORD);
    await triedAs('kept');
    const before = await joinsAccepted(lab.hosts.server);
    await expectCarried(lab, [], ORIGIN.address4);
    expect(await joinsAccepted(lab.hosts.server)).toBeGreaterThan(before);
    await expectRefused();
    expect((await readCounters(lab, 'router')).plainUpstreams).toBe(0);
    const [line] = relayLog(router, 'refused-by-target');
    expect(line?.msg).toMatch(/over wan[12]: the server ended it without a byte/);
  });

  test.each([
    ['aes-128-gcm', ALL_BYTES],
    ['aes-256-gcm', SOME_BYTES],
    ['chacha20-ietf-poly1305', SOME_BYTES],
    ['none', ALL_BYTES],
  ])('V2Ray, %s', async (method, bytes) => {
    await startV2rayServer(lab, PORT, method === 'none' ? 'none' : cipher(method));
    await startRouter(method, method === 'none' ? undefined : PASSWORD);
    await expectCarried(lab, [], ORIGIN.address4, bytes);
    // The device says that it is the end, and then waits for the answer.
    const { sha256 } = await runTransfer(lab.hosts.lan, 'up', lab.target, { bytes: SOME_BYTES, seed: 5 });
    expect(sha256).toBe(streamSha256(5, SOME_BYTES));
    await expectRefused();
    expect((await readCounters(lab, 'router')).plainUpstreams).toBeGreaterThanOrEqual(4);
  });
});

describe('clients of others before our server', () => {
  const portOf = (method: string): number => 8388 + METHODS.indexOf(method as (typeof METHODS)[number]);
  let forgetResolver: (() => void) | undefined;

  beforeAll(async () => {
    forgetResolver = useResolver(lab.hosts.server, ORIGIN.address4);
    await startResolver(lab.hosts.origin, { names: { 'six.test': [ORIGIN.address6] } });
    const listen = METHODS.map((method) => {
      return { transport: 'shadowsocks', port: portOf(method), ...cipher(method) };
    });
    await lab.startServer({ overrides: { listen } });
  });
  afterAll(() => forgetResolver?.());
  afterEach(() => Promise.all(lab.hosts.lan.processes.map((one) => one.stop())));

  async function expectRefused(reason: string, attempt: () => Promise<string>): Promise<void> {
    const failed = await failuresDuring(lab, 'server', async () => {
      expect(await attempt()).toMatch(/^(52 Empty reply|5[56] )/);
    });
    expect(failed).toEqual({ [reason]: 1 });
  }

  describe.each(['ss-local', 'V2Ray'] as const)('%s', (program) => {
    const proxy = ['--socks5-hostname', `127.0.0.1:${SOCKS_PORT}`];

    function start(method: string, password = PASSWORD): Promise<LabProcess> {
      const ports = { port: SOCKS_PORT, to: portOf(method) };
      return program === 'ss-local'
        ? startSsClient(lab.hosts.lan, 'ss-local', ports, { method, password })
        : startV2rayClient(lab, lab.hosts.lan, ports, { method, password });
    }

    test.each([
      ['aes-128-gcm', ORIGIN.address4],
      ['aes-256-gcm', `[${ORIGIN.address6}]`],
      ['chacha20-ietf-poly1305', 'six.test'],
    ])('%s, to %s', async (method, name) => {
      await start(method);
      await expectCarried(lab, proxy, name);
      await expectRefused('refused-by-target', () => curlFailure(lab, proxy, CLOSED_URL));
      await expectRefused('unreachable', () => curlFailure(lab, proxy, 'http://nowhere.test/'));
    });

    test('a wrong password is told to nobody but the log of the server', async () => {
      await start('aes-128-gcm', 'another');
      await expectRefused('not-authorized', () => curlFailure(lab, proxy, CLOSED_URL));
    });
  });

  test('ss-redir, before devices that know nothing of it; with --mptcp both WANs carry', async () => {
    const { router } = lab.hosts;
    const endpoints = lab.wans.map(
      ({ router4, device }) => `ip mptcp endpoint add ${router4} dev ${device} subflow`,
    );
    await router.must(['sh', '-ec', endpoints.join('\n')]);
    const stopRedirect = await redirectLan(lab, 1086);
    try {
      const ports = { port: 1086, to: portOf('aes-256-gcm') };
      await startSsClient(router, 'ss-redir', ports, cipher('aes-256-gcm'), ['--mptcp']);
      const before = await joinsAccepted(lab.hosts.server);
      await expectCarried(lab, [], ORIGIN.address4);
      expect(await joinsAccepted(lab.hosts.server)).toBeGreaterThan(before);
      await expectRefused('refused-by-target', () => curlFailure(lab, [], CLOSED_URL));
    } finally {
      await stopRedirect();
      await router.must(['ip', 'mptcp', 'endpoint', 'flush']);
      await Promise.all(router.processes.map((one) => one.stop()));
    }
  });
});
