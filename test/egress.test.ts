// Where a server dials and where not: private targets only for keys that may, itself never.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { BACKBONE, LAN, SERVER } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { CONVERT_PORT } from '../src/lab/program-config.ts';
import { type CountingOrigin, startCountingOrigin } from './support/counting-origin.ts';
import { craftHello } from './support/craft-hello.ts';
import { failuresDuring } from './support/failure-growth.ts';
import { relayLog } from './support/relay-log.ts';
import { awaitNoCookie, sendHellos } from './support/send-hello.ts';
import { countOutcomes, type Probe, type ProbeResult, probe, probeAll } from './support/tcp-probe.ts';

const PORT = 5003;
// Behind the server, as the network of the far site would be; the address is the origin's.
const PRIVATE4 = '10.9.9.9';
const PRIVATE6 = 'fd00:9::9';
const CARRY = ['10.0.0.0/8', 'fd00::/8'];
const OTHER_KEY = Buffer.alloc(32, 7).toString('base64');

let lab: Lab;
let server: LabProcess | undefined;
let origin: CountingOrigin;
/** On the server's own host. */
let own: CountingOrigin;

beforeAll(async () => {
  lab = await buildLab({ wans: ['50mbit'] });
  await lab.hosts.origin.ip([`address add ${PRIVATE4}/32 dev lo`, `address add ${PRIVATE6}/128 dev lo`]);
  await lab.hosts.server.ip([`route add 10.9.9.0/24 via ${BACKBONE.origin4}`]);
  await lab.hosts.server.ip([`route add fd00:9::/32 via ${BACKBONE.origin6}`]);
  origin = await startCountingOrigin(lab.hosts.origin, PORT);
  own = await startCountingOrigin(lab.hosts.server, PORT);
  await lab.startRouter({ overrides: { redirect: { carry: CARRY } } });
});

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

afterAll(() => lab?.close());

async function startServer(overrides: object): Promise<LabProcess> {
  server = await lab.startServer({ overrides: { log: { targets: true }, ...overrides } });
  return server;
}

const request = Buffer.from('a request\n');
const askLan = (...addresses: string[]): Promise<ProbeResult[]> =>
  probeAll(
    lab.hosts.lan,
    addresses.map((address): Probe => ({ address, port: PORT, send: request })),
  );
const answered = (results: readonly ProbeResult[]): boolean[] =>
  results.map(
    ({ outcome, received }) => outcome === 'end' && received.toString() === 'answer to a request\n',
  );

test('a private target that the router carries is refused by default', async () => {
  const log = await startServer({});
  const before = origin.accepted();
  let atRouter = {};
  const atServer = await failuresDuring(lab, 'server', async () => {
    atRouter = await failuresDuring(lab, 'router', async () => {
      expect(countOutcomes(await askLan(PRIVATE4, PRIVATE6))).toEqual({ ECONNRESET: 2 });
    });
  });
  expect(atServer).toMatchObject({ 'egress-denied': 2 });
  expect(atRouter).toEqual({ 'egress-denied': 2 });
  expect(origin.accepted()).toBe(before);
  expect(relayLog(log, 'egress-denied')[0]?.msg).toMatch(
    /^key-1, (10\.9\.9\.9|\[fd00:9::9\]):5003: the egress policy does not allow this target$/,
  );
});

test('a key with egress-allow gets there, another key does not', async () => {
  const keys = [
    { id: 1, key: lab.files.key, 'egress-allow': CARRY },
    { id: 2, key: OTHER_KEY },
  ];
  await startServer({ key: keys });
  const before = origin.accepted();
  expect(answered(await askLan(PRIVATE4, PRIVATE6))).toEqual([true, true]);
  expect(origin.accepted() - before).toBe(2);

  await awaitNoCookie(lab);
  const hello = craftHello(lab, { address: PRIVATE4, port: PORT }, { keyId: 2, key: OTHER_KEY });
  expect(await sendHellos(lab, [hello])).toMatchObject([{ kind: 'refused', reason: 'egress-denied' }]);
  expect(origin.accepted() - before).toBe(2);
});

test('egress.allow is for every key, and egress.deny beats it', async () => {
  await startServer({ egress: { allow: CARRY, deny: ['10.9.9.8/30'] } });
  expect(countOutcomes(await askLan(PRIVATE4))).toEqual({ ECONNRESET: 1 });
  expect(answered(await askLan(PRIVATE6))).toEqual([true]);
});

test("the server's own addresses are refused, by whatever name", async () => {
  await startServer({});
  // That something answers there: a neighbour gets it.
  const neighbour = { address: BACKBONE.server4, port: PORT, send: request };
  expect(answered([await probe(lab.hosts.origin, neighbour)])).toEqual([true]);
  const before = own.accepted();
  const failures = await failuresDuring(lab, 'router', async () => {
    expect(countOutcomes(await askLan(BACKBONE.server4, BACKBONE.server6, SERVER.address6))).toEqual({
      ECONNRESET: 3,
    });
  });
  expect(failures).toEqual({ 'egress-denied': 3 });

  // What no router of ours would ask for, asked by hand.
  const targets = [
    { address: SERVER.address4, port: CONVERT_PORT },
    { address: SERVER.address4, port: PORT },
    { address: '127.0.0.1', port: PORT },
    { address: '::1', port: PORT },
    { address: '0.0.0.0', port: PORT },
    { address: '::', port: PORT },
    { address: '127.9.9.9', port: PORT },
    { address: '224.0.0.1', port: PORT },
    { address: '255.255.255.255', port: PORT },
    { address: '169.254.169.254', port: 80 },
    { address: 'fe80::1', port: PORT },
    { address: 'ff02::1', port: PORT },
    { address: '2002:7f00:1::1', port: PORT },
    { address: '64:ff9b::7f00:1', port: PORT },
    { address: LAN.host4, port: PORT },
    { address: BACKBONE.server4, port: 0 },
  ];
  await awaitNoCookie(lab);
  const steps = await sendHellos(
    lab,
    targets.map((target) => craftHello(lab, target)),
  );
  for (const [i, step] of steps.entries()) {
    const reason = expect.stringMatching(/^(egress-denied|malformed)$/);
    expect(step, targets[i]?.address).toMatchObject({ kind: 'refused', reason });
  }
  expect(own.accepted()).toBe(before);
});

test('an address that came after the start, or that is deprecated, is the server itself all the same', async () => {
  await lab.hosts.server.ip(['address add 2001:db8:77::1/128 dev lo preferred_lft 0']);
  await startServer({});
  await lab.hosts.server.ip(['address add 203.0.113.77/32 dev lo']);
  const before = own.accepted();
  await awaitNoCookie(lab);
  const steps = await sendHellos(
    lab,
    ['2001:db8:77::1', '203.0.113.77'].map((address) => craftHello(lab, { address, port: PORT })),
  );
  for (const step of steps) expect(step).toMatchObject({ kind: 'refused', reason: 'egress-denied' });
  expect(own.accepted()).toBe(before);
});
