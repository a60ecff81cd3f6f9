// What is carried and what is not: private, configured and own addresses go out directly, and nobody outside gets at
// the relay itself.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { BACKBONE, LAN, ORIGIN } from '../src/lab/addresses.ts';
import type { Host } from '../src/lab/host.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import { runTransfer } from '../src/lab/traffic-programs.ts';
import { networkState } from './support/network-state.ts';
import { askPeer, servePeers } from './support/peer.ts';
import { receivedBytes } from './support/received-bytes.ts';
import { stopCleanly, stopLeftRouters } from './support/stop-router.ts';

const PORT = 5003;
const BYPASSED_PORT = 5004;
const ROUTER_PORT = 5300;
const RELAY_PORT = 5125;
const METHODS = ['tproxy', 'redirect'];

// More addresses of the origin.
const PRIVATE = '10.9.9.9';
const PRIVATE_CARRIED = '10.9.9.10';
const PRIVATE6 = 'fd00:9::9';
const CONFIGURED = '198.51.100.20';
const CONFIGURED_CARRIED = '198.51.100.21';
const CONFIGURED6 = '2001:db8:e::20';

// The router has it on no interface that the config names.
const ROUTER_OTHER = '203.0.113.200';

let lab: Lab;
let direct4: string;
let direct6: string;

beforeAll(async () => {
  lab = await buildLab({ wans: ['unshaped', 'unshaped'] });
  direct4 = lab.wans[0]?.router4 ?? '';
  direct6 = lab.wans[0]?.router6 ?? '';
  const { net, server, origin, router } = lab.hosts;
  await origin.ip([
    ...[PRIVATE, PRIVATE_CARRIED, CONFIGURED, CONFIGURED_CARRIED].map((one) => `addr add ${one}/32 dev lo`),
    ...[PRIVATE6, CONFIGURED6].map((one) => `addr add ${one}/128 dev lo nodad`),
  ]);
  await router.ip([`addr add ${ROUTER_OTHER}/32 dev lo`]);
  const others = ['10.9.9.0/24', '198.51.100.20/31'];
  const others6 = ['fd00:9::/64', `${CONFIGURED6}/128`];
  await net.ip([
    ...others.map((one) => `route add ${one} via ${ORIGIN.address4}`),
    ...others6.map((one) => `route add ${one} via ${ORIGIN.address6}`),
  ]);
  await server.ip([
    ...others.map((one) => `route add ${one} via ${BACKBONE.origin4}`),
    ...others6.map((one) => `route add ${one} via ${BACKBONE.origin6}`),
  ]);
  await Promise.all([
    // Whoever bypasses too little shall not be saved by the server's own refusal of private targets.
    lab.startServer({ overrides: { egress: { allow: ['10.9.9.0/24', 'fd00:9::/64'] } } }),
    lab.startOrigin(),
    servePeers(origin, PORT),
    servePeers(origin, BYPASSED_PORT),
    servePeers(router, ROUTER_PORT),
  ]);
});
afterAll(() => lab.close());
afterEach(async () => {
  await stopLeftRouters(lab);
  for (const name of ['all.rp_filter', `${LAN.routerDevice}.route_localnet`]) {
    await lab.hosts.router.must(['sysctl', '-w', `net.ipv4.conf.${name}=0`]);
  }
});

const ask = (address: string, port = PORT): Promise<string> => askPeer(lab.hosts.lan, address, port);

describe.each(METHODS)('%s', (method) => {
  test('bypassed targets go out directly, carried ones do not', async () => {
    const redirect = {
      method,
      bypass: ['198.51.100.20/31', `${CONFIGURED6}/128`],
      'bypass-ports': [BYPASSED_PORT],
      carry: [`${PRIVATE_CARRIED}/32`, `${CONFIGURED_CARRIED}/32`],
    };
    const router = await lab.startRouter({ overrides: { redirect } });
    const seen = {
      public: await ask(ORIGIN.address4),
      public6: await ask(ORIGIN.address6),
      private: await ask(PRIVATE),
      private6: await ask(PRIVATE6),
      configured: await ask(CONFIGURED),
      configured6: await ask(CONFIGURED6),
      privateCarried: await ask(PRIVATE_CARRIED),
      configuredCarried: await ask(CONFIGURED_CARRIED),
      port: await ask(ORIGIN.address4, BYPASSED_PORT),
      port6: await ask(ORIGIN.address6, BYPASSED_PORT),
    };
    expect(seen).toEqual({
      public: BACKBONE.server4,
      public6: BACKBONE.server6,
      private: direct4,
      private6: direct6,
      configured: direct4,
      configured6: direct6,
      privateCarried: BACKBONE.server4,
      configuredCarried: BACKBONE.server4,
      port: direct4,
      port6: direct6,
    });
    await stopCleanly(router);
  });

  test("the relay's own port is closed to everybody, the router's services are not", async () => {
    const router = await lab.startRouter({ overrides: { redirect: { method } } });
    const { lan, net } = lab.hosts;
    const own = [
      ROUTER_OTHER,
      LAN.router4,
      LAN.router6,
      ...lab.wans.flatMap((wan) => [wan.router4, wan.router6]),
    ];
    const ways: [Host, string][] = [
      ...own.map((address): [Host, string] => [lan, address]),
      // From the Internet, to the address of the WAN by which it comes.
      ...lab.wans.flatMap((wan): [Host, string][] => [
        [net, wan.router4],
        [net, wan.router6],
      ]),
    ];
    const answers = await Promise.all(ways.map(([host, address]) => askPeer(host, address, RELAY_PORT)));
    expect(answers).toEqual(ways.map(() => 'ECONNREFUSED'));
    const services = await Promise.all(own.map((address) => ask(address, ROUTER_PORT)));
    expect(services).toEqual(own.map((address) => (address.includes(':') ? LAN.host6 : LAN.host4)));
    // The same port number of somebody else is a target like any other: nobody listens there.
    expect(await ask(ORIGIN.address4, RELAY_PORT)).toBe('ECONNRESET');
    await stopCleanly(router);
  });
});

test("the router's loopback is no way to the relay, not even where routing lets it in", async () => {
  const { lan, router } = lab.hosts;
  // Loopback addresses leave the LAN device, and the router takes them.
  await lan.must(['sysctl', '-w', 'net.ipv4.conf.all.route_localnet=1']);
  await lan.ip([
    'addr del 127.0.0.1/8 dev lo',
    `route add 127.0.0.0/8 via ${LAN.router4} src ${LAN.host4}`,
    'addr add 127.0.0.53/32 dev lo',
  ]);
  await router.must(['sysctl', '-w', `net.ipv4.conf.${LAN.routerDevice}.route_localnet=1`]);
  // The way is open: a service on the router's loopback answers.
  expect(await ask('127.0.0.1', ROUTER_PORT)).toBe(LAN.host4);
  const daemon = await lab.startRouter({ overrides: { redirect: { method: 'tproxy' } } });
  expect(await ask('127.0.0.1', RELAY_PORT)).toBe('ECONNRESET');
  expect(await ask('127.0.0.1', ROUTER_PORT)).toBe(LAN.host4);
  await daemon.waitFor(/a connection to the relay itself was refused/, 10_000);
  expect(await ask(ORIGIN.address4)).toBe(BACKBONE.server4);
  await stopCleanly(daemon);
});

test.each(METHODS)(
  'with strict reverse path filtering everywhere it bonds all the same (%s)',
  async (method) => {
    const { router, lan } = lab.hosts;
    await router.must(['sysctl', '-w', 'net.ipv4.conf.all.rp_filter=1']);
    const before = await networkState(router);
    const daemon = await lab.startRouter({ overrides: { redirect: { method } } });
    const devices = lab.wans.map(({ device }) => device);
    const bytes = 50_000_000;
    const from = await receivedBytes(router, devices);
    expect((await runTransfer(lan, 'down', lab.target, { bytes })).bytes).toBe(bytes);
    const to = await receivedBytes(router, devices);
    for (const [i, end] of to.entries()) expect(end - (from[i] ?? 0)).toBeGreaterThan(bytes / 10);
    await stopCleanly(daemon);
    expect(await networkState(router)).toEqual(before);
  },
);
