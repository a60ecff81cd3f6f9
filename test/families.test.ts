// Targets of an address family that the server does not reach: refused at once, so that a device (curl) takes its other
// address, or let out without the server. The router learns of it before any flow had to fail.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { BACKBONE, ORIGIN, SERVER, type WanAddresses } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { startCaddy } from './support/caddy.ts';
import { askPeer, servePeers } from './support/peer.ts';
import { asLanClient, startResolver } from './support/resolver.ts';
import { stopCleanly, stopLeftRouters } from './support/stop-router.ts';
import { probe } from './support/tcp-probe.ts';
import { askUdpPeer, serveUdpPeers } from './support/udp-peer.ts';
import { waitUntil } from '../src/lab/wait-until.ts';

const PORT = 443;
const NAME = 'dual.test';
// The origin of one page, which says whom it sees.
const PAGE_PORT = 80;
const PAGE = `{
  admin off
}
:${PAGE_PORT} {
  respond "{http.request.remote.host}"
}
`;

let lab: Lab;
let wan: WanAddresses;
let server: LabProcess;

beforeAll(async () => {
  lab = await buildLab({ wans: ['unshaped', 'unshaped'] });
  wan = lab.wans[0] as WanAddresses;
  const { origin, router } = lab.hosts;
  await Promise.all([
    servePeers(origin, PORT),
    serveUdpPeers(origin, PORT),
    startCaddy(lab, 'page', PAGE),
    startResolver(router, { names: { [NAME]: [ORIGIN.address4, ORIGIN.address6] } }),
  ]);
});
afterAll(() => lab.close());
afterEach(() => stopLeftRouters(lab));

const ask = (address: string): Promise<string> => askPeer(lab.hosts.lan, address, PORT);

interface Side {
  readonly family: 4 | 6;
  readonly target: string;
  readonly wanAddress: () => string;
  readonly server: string;
  readonly seenAs: string;
  readonly routes: readonly string[];
}

const SIDES: Record<4 | 6, Side> = {
  4: {
    family: 4,
    target: ORIGIN.address4,
    wanAddress: () => wan.router4,
    server: SERVER.address4,
    seenAs: BACKBONE.server4,
    routes: [`default via ${SERVER.gateway4}`, `${ORIGIN.address4}/32 via ${BACKBONE.origin4}`],
  },
  6: {
    family: 6,
    target: ORIGIN.address6,
    wanAddress: () => wan.router6,
    server: SERVER.address6,
    seenAs: BACKBONE.server6,
    routes: [`default via ${SERVER.gateway6}`, `${ORIGIN.address6}/128 via ${BACKBONE.origin6}`],
  },
};

const changeRoutes = (action: 'add' | 'del', side: Side): Promise<void> =>
  lab.hosts.server.ip(side.routes.map((route) => `route ${action} ${route}`));

describe.each([
  { have: SIDES[4], lack: SIDES[6] },
  { have: SIDES[6], lack: SIDES[4] },
])('a server with IPv$have.family only', ({ have, lack }) => {
  beforeAll(async () => {
    await changeRoutes('del', lack);
    server = await lab.startServer();
  });
  afterAll(async () => {
    await server.stop();
    await changeRoutes('add', lack);
  });

  async function start(overrides: object): Promise<LabProcess> {
    const router = await lab.startRouter({
      overrides: { server: { address: have.server }, ...overrides },
    });
    await router.waitFor(new RegExp(`does not reach IPv${lack.family}`), 10_000);
    return router;
  }

  /** As a device does it that prefers the family that the server lacks. */
  async function loadByName(): Promise<{ peer: string; remote: string; totalMs: number }> {
    const url = `http://${NAME}:${PAGE_PORT}/`;
    const format = '\n%{remote_ip}\n%{time_total}';
    const curl = ['curl', '--silent', '--show-error', '--max-time', '30', '--write-out', format, url];
    const answer = await lab.hosts.lan.must(asLanClient(lab, curl, lack.family));
    const [peer = '', remote = '', seconds] = answer.split('\n');
    return { peer, remote, totalMs: Number(seconds) * 1000 };
  }

  test.each(['tproxy', 'redirect'])(
    '"refuse" answers with a reset instead of a connection (%s)',
    async (method) => {
      const router = await start({ redirect: { method } });
      const refused = await probe(lab.hosts.lan, { address: lack.target, port: PORT });
      expect(refused).toMatchObject({ outcome: 'ECONNREFUSED', connected: false });
      expect(await ask(have.target)).toBe(have.seenAs);
      expect((await askUdpPeer(lab.hosts.lan, lack.target, PORT)).outcome).toBe('ECONNREFUSED');
      const loaded = await loadByName();
      expect(loaded).toMatchObject({ peer: have.seenAs, remote: have.target });
      expect(loaded.totalMs).toBeLessThan(2000);
      await stopCleanly(router);
    },
  );

  test('"direct" lets it out without the server, QUIC too', async () => {
    const router = await start({ 'unreachable-family': 'direct' });
    expect(await ask(lack.target)).toBe(lack.wanAddress());
    expect(await ask(have.target)).toBe(have.seenAs);
    expect((await askUdpPeer(lab.hosts.lan, lack.target, PORT)).outcome).toBe(lack.wanAddress());
    expect((await askUdpPeer(lab.hosts.lan, have.target, PORT)).outcome).toBe('ECONNREFUSED');
    const loaded = await loadByName();
    expect(loaded).toMatchObject({ peer: lack.wanAddress(), remote: lack.target });
    expect(loaded.totalMs).toBeLessThan(2000);
    await stopCleanly(router);
  });
});

test('a family that the server gets while it runs is taken from then on', async () => {
  await changeRoutes('del', SIDES[6]);
  server = await lab.startServer();
  const router = await lab.startRouter();
  await router.waitFor(/does not reach IPv6/, 10_000);
  await changeRoutes('add', SIDES[6]);
  await waitUntil('IPv6 is carried', async () => (await ask(ORIGIN.address6)) === BACKBONE.server6, 40_000);
  await stopCleanly(router);
  await server.stop();
});

test('a router without IPv6 carries IPv4, and leads IPv6 to the relay once it has it', async () => {
  const { router: host } = lab.hosts;
  const setIpv6Off = (off: 0 | 1) => host.must(['sysctl', '-qw', `net.ipv6.conf.all.disable_ipv6=${off}`]);
  await setIpv6Off(1);
  server = await lab.startServer();
  const router = await lab.startRouter();
  expect(await ask(ORIGIN.address4)).toBe(BACKBONE.server4);
  await setIpv6Off(0);
  // That table alone cannot be asked for before it has had a route.
  const routes = () => host.must(['ip', '-6', 'route', 'show', 'table', 'all']);
  const toRelay = 'local default dev lo table 7780';
  await waitUntil('there is a route to it', async () => (await routes()).includes(toRelay));
  await stopCleanly(router);
  expect(await routes()).not.toContain(toRelay);
  await server.stop();
});
