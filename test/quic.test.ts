// QUIC from the LAN: answered with an error at once, so that browsers take TCP, or left alone.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { BACKBONE, LAN, ORIGIN, type WanAddresses } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { askPeer, holdPeer, servePeers } from './support/peer.ts';
import { stopCleanly, stopLeftRouters } from './support/stop-router.ts';
import { askUdpPeer, keepUdpPeer, serveUdpPeers } from './support/udp-peer.ts';

const QUIC = 443;
const OTHER_UDP = 8443;
const BYPASSED = '198.51.100.20';

let lab: Lab;
let wan: WanAddresses;

beforeAll(async () => {
  lab = await buildLab({ wans: ['unshaped'] });
  wan = lab.wans[0] as WanAddresses;
  const { origin, net, router } = lab.hosts;
  await origin.ip([`addr add ${BYPASSED}/32 dev lo`]);
  await net.ip([`route add ${BYPASSED}/32 via ${ORIGIN.address4}`]);
  await Promise.all([
    lab.startServer(),
    servePeers(origin, QUIC),
    serveUdpPeers(origin, QUIC),
    serveUdpPeers(origin, OTHER_UDP),
    serveUdpPeers(origin, QUIC, BYPASSED),
    serveUdpPeers(router, QUIC),
  ]);
});
afterAll(() => lab.close());
afterEach(() => stopLeftRouters(lab));

const start = (quic: string | undefined, redirect: object = {}): Promise<LabProcess> =>
  lab.startRouter({
    overrides: { ...(quic !== undefined && { quic }), redirect: { bypass: [`${BYPASSED}/32`], ...redirect } },
  });
const ask = async (address: string, port = QUIC): Promise<string> =>
  (await askUdpPeer(lab.hosts.lan, address, port)).outcome;

describe.each(['tproxy', 'redirect'])('%s', (method) => {
  test('by default QUIC is refused with the first datagram, and nothing else is', async () => {
    const router = await start(undefined, { method });
    for (const address of [ORIGIN.address4, ORIGIN.address6]) {
      const refused = await askUdpPeer(lab.hosts.lan, address, QUIC);
      expect(refused).toMatchObject({ outcome: 'ECONNREFUSED', sent: 1 });
    }
    expect(await askPeer(lab.hosts.lan, ORIGIN.address4, QUIC)).toBe(BACKBONE.server4);
    expect(await askPeer(lab.hosts.lan, ORIGIN.address6, QUIC)).toBe(BACKBONE.server6);
    expect(await ask(ORIGIN.address4, OTHER_UDP)).toBe(wan.router4);
    expect(await ask(ORIGIN.address6, OTHER_UDP)).toBe(wan.router6);
    expect(await ask(BYPASSED)).toBe(wan.router4);
    expect(await ask(LAN.router4)).toBe(LAN.host4);
    await stopCleanly(router);
  });
});

test('a conversation from before the start goes on; new ones are refused until the drain', async () => {
  const next = await keepUdpPeer(lab.hosts.lan, ORIGIN.address4, QUIC);
  const router = await start('reject');
  expect(await ask(ORIGIN.address4)).toBe('ECONNREFUSED');
  expect(await next()).toBe(wan.router4);

  const held = await holdPeer(lab.hosts.lan, ORIGIN.address4, QUIC);
  router.kill('SIGTERM');
  await router.waitFor(/no new flows/, 10_000);
  expect(await ask(ORIGIN.address4)).toBe(wan.router4);
  expect(await ask(ORIGIN.address6)).toBe(wan.router6);
  await held.works();
  expect(router.exit).toBeUndefined();
  await held.stop();
  expect(await router.exited).toEqual({ code: 0, signal: undefined });
  expect(await next()).toBe(wan.router4);
});

test('a daemon that is killed refuses nothing any more', async () => {
  const router = await start('reject');
  expect(await ask(ORIGIN.address4)).toBe('ECONNREFUSED');
  router.kill('SIGKILL');
  await router.exited;
  expect(await ask(ORIGIN.address4)).toBe(wan.router4);
});

test.each([
  ['quic = "leave"', 'leave', {}],
  ['a bypass of port 443', 'reject', { 'bypass-ports': [QUIC] }],
])('%s lets QUIC out', async (_, quic, redirect) => {
  const router = await start(quic, redirect);
  expect(await ask(ORIGIN.address4)).toBe(wan.router4);
  expect(await ask(ORIGIN.address6)).toBe(wan.router6);
  await stopCleanly(router);
});
