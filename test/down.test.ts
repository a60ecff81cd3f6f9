// Every side effect is planned, printed, applied and taken back, and what belongs to others is left alone.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { builtProgram } from '../src/base/package-files.ts';
import { BACKBONE, LAN, type WanAddresses } from '../src/lab/addresses.ts';
import { buildLab, type Lab, type RouterOptions } from '../src/lab/lab.ts';
import type { LabProcess } from '../src/lab/lab-process.ts';
import { wanUpLines } from '../src/lab/topology.ts';
import { networkState, withoutNft } from './support/network-state.ts';
import { askPeer, servePeers } from './support/peer.ts';
import { stopCleanly, stopLeftRouters } from './support/stop-router.ts';
import { wanbond } from './support/wanbond.ts';

const PORT = 5003;
// As VLANs are called: in the names of its sysctls the dot means something else.
const DOTTED = 'eth0.100';

let lab: Lab;
let wan: string;
let configFile: string;
/** What a test changes on the router is taken back after it. */
const cleanups: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  lab = await buildLab({ wans: ['unshaped', 'unshaped'] });
  await Promise.all([lab.startServer(), servePeers(lab.hosts.origin, PORT)]);
  wan = lab.wans[0]?.router4 ?? '';
  const second = lab.wans[1] as WanAddresses;
  await lab.hosts.router.ip([
    `link set dev ${second.device} down`,
    `link set dev ${second.device} name ${DOTTED}`,
    ...wanUpLines({ ...second, device: DOTTED }, { sourceSpecific: false }),
  ]);
  // Gives the plan something to do for each WAN.
  await run('sysctl', '-w', 'net.ipv4.conf.all.rp_filter=1');
  configFile = lab.files.configFile('router');
  // Leaves a config file behind for the commands that start nothing.
  await stopCleanly(await start());
});
afterAll(() => lab.close());
afterEach(async () => {
  await stopLeftRouters(lab);
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

function start(options: RouterOptions = {}): Promise<LabProcess> {
  const wans = lab.wans.map(({ name, device }) => ({ name, interface: name === 'wan2' ? DOTTED : device }));
  return lab.startRouter({ ...options, overrides: { wan: wans } });
}

const state = (): Promise<string[]> => networkState(lab.hosts.router);
const run = (...argv: string[]): Promise<string> => lab.hosts.router.must(argv);
const ask = (): Promise<string> => askPeer(lab.hosts.lan, lab.target.address, PORT);
const down = () => wanbond(lab.hosts.router, 'down', '-c', configFile);

async function change(what: string[], back: string[]): Promise<void> {
  await run(...what);
  cleanups.push(() => run(...back));
}

/** Things of another program, some of them just as wanbond would make them itself. */
async function makeForeignThings(): Promise<void> {
  const other = ['198.51.100.77/32', 'dev', 'lo'];
  await change(['ip', 'addr', 'add', ...other], ['ip', 'addr', 'del', ...other]);
  const endpoint = (...args: string[]): string[] => ['ip', 'mptcp', 'endpoint', ...args];
  await change(
    endpoint('add', '198.51.100.77', 'id', '1', 'dev', 'lo', 'signal'),
    endpoint('delete', 'id', '1'),
  );
  await change(endpoint('add', wan, 'id', '7', 'dev', 'wan1', 'subflow'), endpoint('delete', 'id', '7'));
  for (const rule of [
    ['iif', LAN.routerDevice, 'fwmark', '0x40000000/0x40000000', 'lookup', '7780', 'priority', '800'],
    ['fwmark', '0x10/0xff', 'lookup', '99', 'priority', '801'],
    ['from', '198.51.100.77', 'lookup', '7780', 'priority', '802'],
  ]) {
    await change(['ip', 'rule', 'add', ...rule], ['ip', 'rule', 'delete', ...rule]);
  }
  const route = ['local', '0.0.0.0/0', 'dev', 'lo', 'table', '7780'];
  await change(['ip', 'route', 'add', ...route], ['ip', 'route', 'delete', ...route]);
  await change(['nft', 'add', 'table', 'inet', 'foreign'], ['nft', 'delete', 'table', 'inet', 'foreign']);
}

test('what belongs to others stays, and what is equal is adopted: after a stop and after down', async () => {
  await makeForeignThings();
  const before = await state();

  const stopped = await start();
  expect(await ask()).toBe(BACKBONE.server4);
  const running = await state();
  for (const line of before.slice(0, before.indexOf('== sysctl'))) {
    if (!line.startsWith('add_addr_accepted')) expect(running).toContain(line);
  }
  await stopCleanly(stopped);
  expect(await state()).toEqual(before);

  const killed = await start();
  killed.kill('SIGKILL');
  await killed.exited;
  expect(await state()).not.toEqual(before);
  expect(await down()).toMatchObject({ code: 0, stderr: '' });
  expect(await state()).toEqual(before);
});

test('what another program took over since the start is left to it', async () => {
  const name = 'net.ipv4.tcp_rmem';
  const first = (await run('sysctl', '-n', name)).trim();
  const killed = await start();
  killed.kill('SIGKILL');
  await killed.exited;
  await change(['sysctl', '-w', `${name}=4096 87380 33554432`], ['sysctl', '-w', `${name}=${first}`]);
  expect(await down()).toMatchObject({ code: 0 });
  expect((await run('sysctl', '-n', name)).split(/\s+/).slice(0, 3)).toEqual(['4096', '87380', '33554432']);
  expect(await down()).toMatchObject({ code: 0, stdout: 'nothing to take back\n' });
});

interface Obstacle {
  readonly what: string;
  readonly code: string;
  readonly says: RegExp;
  readonly make: () => Promise<void>;
}

const OBSTACLES: readonly Obstacle[] = [
  {
    what: 'an endpoint of the same address with other flags',
    code: 'plan-conflict',
    says: /in the way/,
    make: () =>
      change(
        ['ip', 'mptcp', 'endpoint', 'add', wan, 'id', '3', 'dev', 'wan1', 'signal'],
        ['ip', 'mptcp', 'endpoint', 'delete', 'id', '3'],
      ),
  },
  {
    what: 'a route of another kind in our table',
    code: 'routing-refused',
    says: /cannot add the local route of table 7780: .*EEXIST/,
    make: () =>
      change(
        ['ip', 'route', 'add', 'unreachable', '0.0.0.0/0', 'table', '7780'],
        ['ip', 'route', 'delete', 'unreachable', '0.0.0.0/0', 'table', '7780'],
      ),
  },
  {
    what: "another program's nftables table of our name",
    code: 'nft-failed',
    says: /nftables refused/,
    make: () =>
      change(['nft', 'add', 'table', 'inet', 'wanbond'], ['nft', 'delete', 'table', 'inet', 'wanbond']),
  },
];

test.each(OBSTACLES)('$what: the start fails and nothing is half-applied', async ({ code, says, make }) => {
  await make();
  const before = await state();
  const router = await start({ waitForReady: false });
  expect(await router.exited).toEqual({ code: 1, signal: undefined });
  const last = JSON.parse(router.stderr.at(-1) ?? '{}') as Record<string, unknown>;
  expect(last).toMatchObject({ code, hint: expect.any(String), msg: expect.stringMatching(says) });
  expect(await state()).toEqual(before);
  expect(await down()).toMatchObject({ code: 0, stdout: 'nothing to take back\n' });
  expect(await state()).toEqual(before);
});

test('plan and check change nothing; the commands of plan do what the daemon does, those of --undo take it back', async () => {
  const before = await state();
  const plan = await wanbond(lab.hosts.router, 'plan', '-c', configFile);
  expect(plan).toMatchObject({ code: 0, stderr: '' });
  const undo = await wanbond(lab.hosts.router, 'plan', '-c', configFile, '--undo');
  expect(undo).toMatchObject({ code: 0, stderr: '' });
  expect((await wanbond(lab.hosts.router, 'check', '--no-network', '-c', configFile)).code).toBe(0);
  expect(await state()).toEqual(before);

  const router = await start();
  const applied = await state();
  expect(applied).toContain(`/proc/sys/net/ipv4/conf/${DOTTED}/rp_filter:2`);
  const again = await wanbond(lab.hosts.router, 'plan', '-c', configFile);
  const [settings, table] = again.stdout.split(/^(?=nft )/m);
  expect(settings?.split('\n').filter((line) => line !== '' && !line.startsWith('# already so: '))).toEqual(
    [],
  );
  expect(table).toBe(plan.stdout.slice(plan.stdout.indexOf('nft ')));
  expect((await wanbond(lab.hosts.router, 'check', '--no-network', '-c', configFile)).code).toBe(0);
  expect(await state()).toEqual(applied);
  await stopCleanly(router);
  expect(await state()).toEqual(before);

  // An owner table ends with the process that made it, here with the program nft.
  await lab.hosts.router.must(['sh', '-e'], { input: plan.stdout });
  expect(withoutNft(await state())).toEqual(withoutNft(applied));
  const [tableLine, ...rest] = undo.stdout.split('\n');
  expect(tableLine).toMatch(/^nft delete table inet wanbond +# only by the daemon/);
  await lab.hosts.router.must(['sh', '-e'], { input: rest.join('\n') });
  expect(await state()).toEqual(before);
});

test('a SIGTERM in the middle of the start leaves nothing', async () => {
  const before = await state();
  const router = await start({ waitForReady: false });
  // Looked for at every turn of the loop: written before the first of many steps.
  while (!existsSync(join(lab.files.stateDir('router'), 'journal.json'))) {
    expect(router.exit).toBeUndefined();
    await new Promise(setImmediate);
  }
  router.kill('SIGTERM');
  const { code, signal } = await router.exited;
  // 1 when the signal also ended a program that the start was running.
  expect([0, 1]).toContain(code);
  expect(signal).toBeUndefined();
  expect(await state()).toEqual(before);
});

test('the server puts its host back too: after a stop, after a start that fails, after kill -9 and down', async () => {
  const { net } = lab.hosts;
  const before = await networkState(net);
  // A state directory of its own: the lab's server uses the other one.
  const file = join(lab.files.stateDir('router'), 'server.toml');
  const config = readFileSync(lab.files.configFile('server'), 'utf8');
  writeFileSync(
    file,
    config.replaceAll(lab.files.stateDir('server'), join(lab.files.stateDir('router'), 'of-server')),
  );
  const occupied = await servePeers(net, 5124);
  const failed = await wanbond(net, 'server', '-c', file);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(/cannot start: .*EADDRINUSE/);
  expect(await networkState(net)).toEqual(before);
  await occupied.stop();

  const serve = async (): Promise<LabProcess> => {
    const server = net.spawn([process.execPath, builtProgram('main'), 'server', '-c', file]);
    await server.waitFor(/ready/, 20_000);
    expect(await networkState(net)).not.toEqual(before);
    return server;
  };
  await stopCleanly(await serve());
  expect(await networkState(net)).toEqual(before);

  const killed = await serve();
  killed.kill('SIGKILL');
  await killed.exited;
  expect(await wanbond(net, 'down', '-c', file)).toMatchObject({ code: 0, stderr: '' });
  expect(await networkState(net)).toEqual(before);
});

test('a second router in the same network namespace is refused and disturbs nothing', async () => {
  const router = await start();
  const running = await state();
  const second = await wanbond(lab.hosts.router, 'router', '-c', configFile);
  expect(second.code).toBe(1);
  expect(second.stderr).toMatch(/"code":"already-running"/);
  expect(await state()).toEqual(running);
  expect(await ask()).toBe(BACKBONE.server4);
  await stopCleanly(router);
});
