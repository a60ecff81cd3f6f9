// RFC 8803 with others: a client without a key at our server, and our router at a converter that is not ours.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { parseAddress } from '../src/base/address.ts';
import { ORIGIN, SERVER } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import { CONVERT_PORT } from '../src/lab/program-config.ts';
import { runTransfer } from '../src/lab/traffic-programs.ts';
import { streamSha256 } from '../src/lab/traffic/byte-stream.ts';
import { readCounters } from './support/daemon-status.ts';
import { dropPackets } from './support/drop-packets.ts';
import { failuresDuring } from './support/failure-growth.ts';
import { askAsForeigner, type ForeignRequest, type ForeignResult } from './support/foreign-client.ts';
import { startForeignConverter } from './support/foreign-converter.ts';
import { countOutcomes, probe, probeAll } from './support/tcp-probe.ts';
import { wanbond } from './support/wanbond.ts';
import { waitUntil } from '../src/lab/wait-until.ts';

const CLOSED_PORT = 5999;
const DEAF_PORT = 5998;
const MOST_PENDING = 4;
const BANNER = '220 lab origin speaks first\r\n';
const ECHO_BYTES = 4_000_000;
const [ERROR, CONNECT, HEADER, EXTENSIONS] = [30, 10, 20, 21];

let lab: Lab;

/** A Connect TLV to the origin. */
const connectHex = (port: number): string =>
  `0a05${port.toString(16).padStart(4, '0')}${Buffer.from(parseAddress(ORIGIN.address4)).toString('hex')}`;

beforeAll(async () => {
  lab = await buildLab({ wans: ['50mbit', '50mbit'] });
  await lab.startOrigin();
});
afterEach(async () => {
  for (const host of [lab.hosts.router, lab.hosts.server])
    await Promise.all(host.processes.map((one) => one.stop()));
});
afterAll(() => lab?.close());

const server = { address: SERVER.address4, port: CONVERT_PORT };
/** Subflows that joined at the server's host. */
async function joins(): Promise<number> {
  const counters = await lab.hosts.server.must(['nstat', '-asz', 'MPTcpExtMPJoinAckRx']);
  return Number(/MPTcpExtMPJoinAckRx +(\d+)/.exec(counters)?.[1]);
}
/** As the host on which the router would be. */
const ask = (request: Omit<ForeignRequest, 'server'>): Promise<ForeignResult> =>
  askAsForeigner(lab.hosts.router, { server, ...request });
/** The first byte of the value of the only TLV: the code, if that is an error. */
const lastError = ({ answers }: ForeignResult): string | undefined =>
  answers.at(-1)?.find(({ type }) => type === ERROR)?.value;
const valueOf = ({ answers }: ForeignResult, wanted: number): string | undefined =>
  answers.at(-1)?.find(({ type }) => type === wanted)?.value;

test('a client without key, from an allowed address: Info, a cookie, both directions over MPTCP, options, refusals', async () => {
  const prefix = `${lab.wans[0]?.router4}/32`;
  await lab.startServer({
    overrides: {
      listen: [{ transport: 'convert', port: CONVERT_PORT, 'foreign-clients': [prefix] }],
      relay: { 'connect-timeout': '2s', 'max-unauthenticated-per-address': MOST_PENDING },
    },
  });
  const told = await ask({ info: true });
  expect(told.answers[0]).toEqual([{ type: ERROR, value: expect.stringMatching(/^0300[0-9a-f]{32}$/) }]);
  expect(valueOf(told, EXTENSIONS)).toMatch(/^00001e/);

  const { cookie } = told;
  const target = { address: ORIGIN.address4, port: lab.target.bannerPort };
  const carried = await ask({ cookie: cookie as string, target, banner: BANNER, echoBytes: ECHO_BYTES });
  expect(carried).toMatchObject({
    answers: [[]],
    bytes: BANNER.length + ECHO_BYTES,
    isEqual: true,
    isMptcp: true,
  });

  // SACK-permitted, which Linux answers, and MPTCP, which the origin does not have.
  const extended = await ask({
    target,
    options: '04021e02',
    banner: BANNER,
    echoBytes: 1000,
  });
  expect(extended).toMatchObject({ isEqual: true });
  expect(valueOf(extended, HEADER)).toMatch(/^00000402/);
  expect(valueOf(extended, HEADER)).not.toContain('1e02');
  // TCP Fast Open and TCP-AO.
  expect(lastError(await ask({ target, options: '22021d0200000000' }))).toMatch(/^21221d/);

  const failures = await failuresDuring(lab, 'server', async () => {
    const closed = { address: ORIGIN.address4, port: CLOSED_PORT };
    expect(lastError(await ask({ target: closed }))).toBe('6000');
    expect(lastError(await ask({ target: { address: SERVER.address4, port: 22 } }))).toBe('2000');
    expect(lastError(await ask({ target, cookie: '00'.repeat(16) }))).toBe('2000');
    // From elsewhere a good cookie is of no use, and there is none to be had.
    const elsewhere = await askAsForeigner(lab.hosts.origin, { server, target, cookie: cookie as string });
    expect(elsewhere.answers).toEqual([[{ type: ERROR, value: '2000' }]]);
    expect((await askAsForeigner(lab.hosts.origin, { server, target })).answers).toEqual(elsewhere.answers);
  });
  expect(failures).toEqual({ 'refused-by-target': 1, 'egress-denied': 1, 'not-authorized': 3 });
  expect((await readCounters(lab, 'server')).foreignFlows).toBe(2);

  // While the target says nothing they count for their address, which is what a flood of them would meet.
  await dropPackets(lab.hosts.origin, 'input', `tcp dport ${DEAF_PORT}`);
  const hello = `010b2263${connectHex(DEAF_PORT)}16050000${cookie}`;
  const flood = Array.from({ length: MOST_PENDING + 2 }, () => ({
    ...server,
    send: Buffer.from(hello, 'hex'),
  }));
  const answers = await probeAll(lab.hosts.router, flood);
  expect(countOutcomes(answers)).toEqual({ end: MOST_PENDING, ECONNRESET: 2 });
  const told65 = answers.filter(({ received }) => received.toString('hex') === '010222631e014100');
  expect(told65).toHaveLength(MOST_PENDING);
});

test('our router at a converter of others: cookies per WAN, bytes over both WANs, refusals', async () => {
  const converter = await startForeignConverter(lab.hosts.server, CONVERT_PORT);
  // Each worker has cookies of its own.
  const overrides = {
    server: { foreign: true, key: undefined, 'key-id': undefined },
    relay: { workers: 1 },
  };
  const config = lab.writeRouterConfig({ overrides });
  const { stdout } = await wanbond(lab.hosts.router, 'check', '-c', config);
  expect(stdout).toMatch(/server over wan2 +203\.0\.113\.1:5124: ok/);

  await lab.startRouter({ overrides });
  const bytes = 6_000_000;
  for (const direction of ['down', 'up'] as const) {
    const result = await runTransfer(lab.hosts.lan, direction, lab.target, { bytes, seed: 3 });
    expect(result.sha256).toBe(streamSha256(3, bytes));
  }
  expect(await joins()).toBeGreaterThan(0);
  // Nothing of ours is sent to who could not know it.
  for (const { types } of converter.seen()) expect(types.every((type) => type <= 22)).toBe(true);
  const failures = await failuresDuring(lab, 'router', async () => {
    const refused = await probe(lab.hosts.lan, { address: ORIGIN.address4, port: CLOSED_PORT });
    expect(refused.outcome).toBe('ECONNRESET');
  });
  expect(failures).toEqual({ 'refused-by-target': 1 });

  // A flow that begins on a WAN with a cookie of before: it is refused, another one is asked for, and taken.
  const connects = () => converter.seen().filter(({ types }) => types.includes(CONNECT));
  const known = connects().find(({ cookie }) => cookie === 'good');
  const before = connects().length;
  converter.forgetCookies();
  const ofKnown = await waitUntil('a flow from there', async () => {
    const again = await runTransfer(lab.hosts.lan, 'down', lab.target, { bytes: 100_000, seed: 4 });
    expect(again.sha256).toBe(streamSha256(4, 100_000));
    const since = connects().slice(before);
    return since.some(({ from }) => from === known?.from) && since.filter(({ from }) => from === known?.from);
  });
  expect(ofKnown.map(({ cookie }) => cookie)).toEqual(['bad', 'none', 'good']);
  // RFC 8803 wants them reset.
  expect(new Set(converter.refused())).toEqual(new Set(['ECONNRESET']));

  // It is watched as any server is.
  await converter.stop();
  const lost = await failuresDuring(lab, 'router', async () => {
    await waitUntil('the loss shows', async () => {
      const { outcome } = await probe(lab.hosts.lan, { address: ORIGIN.address4, port: lab.target.port });
      return outcome === 'ECONNRESET';
    });
  });
  expect(Object.keys(lost)).toContain('server-down');
});
