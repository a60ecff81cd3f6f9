// `nat = true`: a router without any NAT and forwarding of its own works with it, also after the daemon was killed,
// and has neither of them after `down`.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { BACKBONE, LAN, type WanAddresses } from '../src/lab/addresses.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { NAT_TABLE as LAB_NAT_TABLE } from '../src/lab/topology.ts';
import { networkState } from './support/network-state.ts';
import { askPeer, servePeers } from './support/peer.ts';
import { stopCleanly, stopLeftRouters } from './support/stop-router.ts';
import { wanbond } from './support/wanbond.ts';

const PORT = 5003;
const BYPASSED_PORT = 5004;

let lab: Lab;
let first: WanAddresses;
let config: string;

beforeAll(async () => {
  lab = await buildLab({ wans: ['unshaped', 'unshaped'] });
  first = lab.wans[0] as WanAddresses;
  const { router, net, origin } = lab.hosts;
  config = lab.files.configFile('router');
  await router.must(['nft', 'delete', 'table', 'inet', LAB_NAT_TABLE]);
  await router.writeSysctls(
    new Map([
      // What a careful administrator sets, and the kernel would not put back after forwarding.
      ['net/ipv4/conf/all/accept_redirects', '0'],
      ['net/ipv4/ip_forward', '0'],
      ['net/ipv6/conf/all/forwarding', '0'],
      [`net/ipv4/conf/${LAN.routerDevice}/forwarding`, '1'],
      [`net/ipv6/conf/${first.device}/accept_ra`, '1'],
    ]),
  );
  await router.must(['sysctl', '-w', 'net.ipv4.conf.all.accept_redirects=0']);
  // The provider knows no private addresses, and no IPv6 prefix but that of each link.
  await net.ip([`route add blackhole ${LAN.prefix6}`, 'route add blackhole 192.168.0.0/16']);
  await Promise.all([lab.startServer(), servePeers(origin, PORT), servePeers(origin, BYPASSED_PORT)]);
});
afterAll(() => lab.close());
afterEach(async () => {
  await stopLeftRouters(lab);
  await wanbond(lab.hosts.router, 'down', '-c', config);
});

const state = (): Promise<string[]> => networkState(lab.hosts.router);
const start = (overrides: object = {}): Promise<LabProcess> =>
  lab.startRouter({
    overrides: { nat: true, redirect: { 'bypass-ports': [BYPASSED_PORT] }, ...overrides },
  });
const ask = (address: string, port: number): Promise<string> => askPeer(lab.hosts.lan, address, port);
const targets = (): [string, string] => [lab.target.address, '2001:db8:e::10'];

test('what is not carried is translated; all of it goes with an orderly stop', async () => {
  const before = await state();
  const router = await start();
  const [target4, target6] = targets();
  expect(await ask(target4, PORT)).toBe(BACKBONE.server4);
  expect(await ask(target6, PORT)).toBe(BACKBONE.server6);
  expect(await ask(target4, BYPASSED_PORT)).toBe(first.router4);
  expect(await ask(target6, BYPASSED_PORT)).toBe(first.router6);
  // Forwarding makes a host deaf to router advertisements, unless it is told otherwise.
  expect(await state()).toContain(`/proc/sys/net/ipv6/conf/${first.device}/accept_ra:2`);
  const plan = await wanbond(lab.hosts.router, 'plan', '-c', config);
  expect(plan.stdout).toContain(`# already so: nft -f - <<'END'\ntable inet wanbond_nat`);
  await stopCleanly(router);
  expect(await state()).toEqual(before);
});

test('it outlives a daemon that is killed, until `down`', async () => {
  const before = await state();
  const router = await start();
  router.kill('SIGKILL');
  await router.exited;
  const [target4, target6] = targets();
  expect(await ask(target4, PORT)).toBe(first.router4);
  expect(await ask(target6, PORT)).toBe(first.router6);

  // The next start takes it over.
  const next = await start();
  expect(await ask(target4, PORT)).toBe(BACKBONE.server4);
  expect(await ask(target6, BYPASSED_PORT)).toBe(first.router6);
  next.kill('SIGKILL');
  await next.exited;
  expect(await ask(target4, PORT)).toBe(first.router4);

  // What the service does after a daemon that died.
  expect(await wanbond(lab.hosts.router, 'down', '-c', config, '--keep-nat')).toMatchObject({ code: 0 });
  expect(await lab.hosts.router.must(['ip', 'rule', 'show'])).not.toContain('fwmark');
  expect(await ask(target4, PORT)).toBe(first.router4);
  expect(await ask(target6, PORT)).toBe(first.router6);

  const down = await wanbond(lab.hosts.router, 'down', '-c', config);
  expect(down).toMatchObject({ code: 0, stderr: '' });
  expect(down.stdout).toContain('nft delete table inet wanbond_nat\n');
  expect(await state()).toEqual(before);
  expect(await ask(target4, PORT)).toBe('ETIMEDOUT');
});

test('the table of a lost record is adopted; one with other contents stops the start', async () => {
  const { router: host } = lab.hosts;
  const ours = await start();
  const table = await host.must(['nft', 'list', 'table', 'inet', 'wanbond_nat']);
  await stopCleanly(ours);

  await host.must(['nft', '-f', '-'], { input: table });
  const withTable = await state();
  const adopting = await start();
  expect(await ask(targets()[0], BYPASSED_PORT)).toBe(first.router4);
  await stopCleanly(adopting);
  expect(await state()).toEqual(withTable);

  await host.must(['nft', 'add', 'chain', 'inet', 'wanbond_nat', 'other']);
  const changed = await state();
  const refused = await lab.startRouter({ overrides: { nat: true }, waitForReady: false });
  expect(await refused.exited).toEqual({ code: 1, signal: undefined });
  expect(refused.stderr.at(-1)).toMatch(/"code":"plan-conflict".*nft delete table inet wanbond_nat/);
  expect(await state()).toEqual(changed);
  await host.must(['nft', 'delete', 'table', 'inet', 'wanbond_nat']);
});

test('a WAN that a reload adds is translated too and hears advertisements; one that it removes is left alone', async () => {
  const second = lab.wans[1] as WanAddresses;
  const { router: host } = lab.hosts;
  const setting = (path: string): Promise<string> => host.must(['cat', `/proc/sys/net/${path}`]);
  const rpFilter = `ipv4/conf/${second.device}/rp_filter`;
  await host.writeSysctls(new Map([[`net/${rpFilter}`, '1']]));
  // Unknown to the start, as a modem that is plugged in later.
  await host.ip([`addr del ${first.router6}/${first.length6} dev ${first.device}`]);
  const before = await state();
  const overrides = { nat: true, redirect: { 'bypass-ports': [BYPASSED_PORT] } };
  const reload = async (...wans: string[]): Promise<void> => {
    lab.writeRouterConfig({ overrides, wans });
    const { code, stderr } = await wanbond(host, 'reload', '-c', config);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  };
  const router = await lab.startRouter({ overrides, wans: [second.name] });
  expect(await setting(rpFilter)).toBe('2\n');
  const acceptRa = `ipv6/conf/${first.device}/accept_ra`;
  expect(await setting(acceptRa)).toBe('1\n');
  // Its default route is the best one, and nobody translates there.
  expect(await ask(targets()[0], BYPASSED_PORT)).toBe('ETIMEDOUT');

  await reload(second.name, first.name);
  expect(await ask(targets()[0], BYPASSED_PORT)).toBe(first.router4);
  expect(await setting(acceptRa)).toBe('2\n');

  await reload(first.name);
  expect(await setting(rpFilter)).toBe('1\n');
  expect(await ask(targets()[0], PORT)).toBe(BACKBONE.server4);
  await stopCleanly(router);
  expect(await state()).toEqual(before);
  await host.writeSysctls(new Map([[`net/${rpFilter}`, '0']]));
  await lab.setWan(first.name, 'up');
});
