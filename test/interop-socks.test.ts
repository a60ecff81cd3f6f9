// SOCKS 5 with programs of others, as Debian has them: Dante and MicroSocks behind our router; curl and redsocks before our server.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ORIGIN, SERVER } from '../src/lab/addresses.ts';
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
import { serverStatuses } from './support/server-status.ts';
import { type Login, startDanted, startMicrosocks, startRedsocks } from '../src/lab/peers/socks-programs.ts';
import { stopLeftRouters } from './support/stop-router.ts';
import { probe } from './support/tcp-probe.ts';
import { waitUntil } from '../src/lab/wait-until.ts';
import { wanStatuses } from './support/wan-statuses.ts';

const LOGIN: Login = { user: 'ann', password: 'secret' };
const CLOSED = { address: ORIGIN.address4, port: 5999 };
const CLOSED_URL = `http://${CLOSED.address}:${CLOSED.port}/`;

let lab: Lab;

beforeAll(async () => {
  lab = await buildLab({ wans: ['unshaped', 'unshaped'], transport: 'socks5' });
  await Promise.all([lab.startOrigin(), startHttpOrigin(lab.hosts.origin)]);
});
afterAll(() => lab?.close());

/** A whole stream there and back, whose sender says that it is its end and then waits for the answer. */
async function expectHalfCloses(): Promise<void> {
  const bytes = 1_000_000;
  const { sha256 } = await runTransfer(lab.hosts.lan, 'up', lab.target, { bytes, seed: 5 });
  expect(sha256).toBe(streamSha256(5, bytes));
}

describe('a server of others behind our router', () => {
  afterEach(async () => {
    await stopLeftRouters(lab);
    await Promise.all(lab.hosts.server.processes.map((one) => one.stop()));
  });

  function startRouter(port: number, login?: Login): Promise<LabProcess> {
    const server = { address: SERVER.address4, port, user: login?.user, password: login?.password };
    return lab.startRouter({ overrides: { server } });
  }

  /** What the router finds out about the only server. */
  function takesPipelined(): Promise<string> {
    return waitUntil('pipelining is tried', async () => {
      const taken = (await serverStatuses(lab))[0]?.takesPipelined;
      return taken === undefined ? undefined : String(taken);
    });
  }

  async function expectRefused(): Promise<void> {
    const failed = await failuresDuring(lab, 'router', async () => {
      const { outcome, received, totalMs } = await probe(lab.hosts.lan, CLOSED);
      expect([outcome, received.length]).toEqual(['ECONNRESET', 0]);
      expect(totalMs).toBeLessThan(5000);
    });
    expect(failed).toEqual({ 'refused-by-target': 1 });
  }

  async function expectPlain(): Promise<void> {
    expect((await readCounters(lab, 'router')).plainUpstreams).toBeGreaterThanOrEqual(3);
    const fates = (await wanStatuses(lab)).map(({ mptcp }) => mptcp?.capable);
    expect(fates).toEqual(['stripped', 'stripped']);
  }

  test('Dante takes pipelined requests; without MPTCP', async () => {
    await startDanted(lab, 1081);
    await startRouter(1081);
    expect(await takesPipelined()).toBe('true');
    await expectCarried(lab, [], ORIGIN.address4);
    await expectHalfCloses();
    await expectRefused();
    await expectPlain();
  });

  test('Dante with MPTCP by mptcpize: bonded', async () => {
    await startDanted(lab, 1082, ['mptcpize', 'run']);
    await startRouter(1082);
    await waitUntil('MPTCP was tried on both WANs', async () =>
      (await wanStatuses(lab)).every(({ mptcp }) => mptcp?.capable === 'kept' && mptcp.join === 'kept'),
    );
    const before = await joinsAccepted(lab.hosts.server);
    await expectCarried(lab, [], ORIGIN.address4);
    await expectHalfCloses();
    await expectRefused();
    expect((await readCounters(lab, 'router')).plainUpstreams).toBe(0);
    expect(await joinsAccepted(lab.hosts.server)).toBeGreaterThan(before);
  });

  // It ends both directions when one has ended: whoever ends its own first loses the answer.
  test('MicroSocks, which drops pipelined requests, with user and password', async () => {
    await startMicrosocks(lab, 1083, { login: LOGIN });
    await startRouter(1083, LOGIN);
    // Also before that is known.
    await expectRefused();
    expect(await takesPipelined()).toBe('false');
    await expectCarried(lab, [], ORIGIN.address4);
    await expectRefused();
    await expectPlain();
  });

  test.each([
    ['a wrong password', { ...LOGIN, password: 'wrong' }, 'it refused the user or the password'],
    ['no password', undefined, 'it wants a user and password'],
  ])('MicroSocks and %s: a reset, and the log says why', async (_what, login, why) => {
    await startMicrosocks(lab, 1084, { login: LOGIN });
    const router = await startRouter(1084, login);
    const failed = await failuresDuring(lab, 'router', async () => {
      const { outcome, received } = await probe(lab.hosts.lan, lab.target);
      expect([outcome, received.length]).toEqual(['ECONNRESET', 0]);
    });
    expect(failed).toEqual({ 'not-authorized': 1 });
    const said = await waitUntil('the log says why', () => relayLog(router, 'not-authorized')[0]?.msg);
    expect(said).toMatch(new RegExp(`over wan[12]: ${why}$`));
  });
});

describe('clients of others before our server', () => {
  const PORT = 1080;
  const proxy = (login: string): string => `${login}${SERVER.address4}:${PORT}`;
  const OURS = proxy(`${LOGIN.user}:${LOGIN.password}@`);
  let forgetResolver: (() => void) | undefined;

  beforeAll(async () => {
    forgetResolver = useResolver(lab.hosts.server, ORIGIN.address4);
    const names = { 'four.test': [ORIGIN.address4], 'six.test': [ORIGIN.address6] };
    await startResolver(lab.hosts.origin, { names });
    const user = [{ name: LOGIN.user, password: LOGIN.password }];
    await lab.startServer({ overrides: { listen: [{ transport: 'socks5', port: PORT, user }] } });
  });
  afterAll(() => forgetResolver?.());

  test.each([
    ['an IPv4 address', '--socks5', ORIGIN.address4],
    ['an IPv6 address', '--socks5', `[${ORIGIN.address6}]`],
    ['a name', '--socks5-hostname', 'four.test'],
    ['a name that has only IPv6', '--socks5-hostname', 'six.test'],
  ])('curl by %s', (_what, how, name) => expectCarried(lab, [how, OURS], name));

  test.each([
    ['a target that refuses', OURS, CLOSED_URL, 'refused-by-target', /^97 Can't complete .*\(5\)$/],
    ['no such name', OURS, 'http://nowhere.test/', 'unreachable', /^97 Can't complete .*\(4\)$/],
    ['a forbidden target', OURS, 'http://127.0.0.1/', 'egress-denied', /^97 Can't complete .*\(2\)$/],
    ['a wrong password', proxy('ann:wrong@'), CLOSED_URL, 'not-authorized', /^97 User was rejected/],
    ['no password', proxy(''), CLOSED_URL, 'not-authorized', /^97 No authentication method was acceptable/],
  ])('curl and %s', async (_what, by, url, reason, words) => {
    const failed = await failuresDuring(lab, 'server', async () => {
      expect(await curlFailure(lab, ['--socks5-hostname', by], url)).toMatch(words);
    });
    expect(failed).toEqual({ [reason]: 1 });
  });

  test('redsocks, before devices that know nothing of it', async () => {
    const port = 1085;
    await startRedsocks(lab, { port, to: PORT }, { login: LOGIN });
    const stopRedirect = await redirectLan(lab, port);
    try {
      await expectCarried(lab, [], ORIGIN.address4);
      await expectHalfCloses();
      const failed = await failuresDuring(lab, 'server', async () => {
        expect((await probe(lab.hosts.lan, CLOSED)).received.length).toBe(0);
        expect(await curlFailure(lab, [], `http://${ORIGIN.address4}:${CLOSED.port}/`)).toMatch(/^5[256] /);
      });
      expect(failed).toEqual({ 'refused-by-target': 2 });
    } finally {
      await stopRedirect();
    }
  });
});
