// The package's service on OpenWrt, with real daemons in the lab: init script, firewall include and maintainer scripts.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DAEMON_NODE_FLAGS } from '../src/base/package-files.ts';
import type { ConfigTable } from '../src/config/toml-writer.ts';
import { BACKBONE, LAN, ORIGIN } from '../src/lab/addresses.ts';
import type { CommandResult } from '../src/lab/command.ts';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import { waitUntil } from '../src/lab/wait-until.ts';
import { fw4 } from './support/firewalls.ts';
import { networkState } from './support/network-state.ts';
import { OpenwrtBox } from './support/openwrt-box.ts';
import { askPeer, servePeers } from './support/peer.ts';

const PORT = 5003;
const UCI = '/etc/config/wanbond';
const TOML = '/var/etc/wanbond.toml';

let lab: Lab;
let router: OpenwrtBox;
let server: OpenwrtBox;
let folders: string[] = [];

beforeAll(async () => {
  lab = await buildLab({ wans: ['50mbit', '50mbit'] });
  await servePeers(lab.hosts.origin, PORT);
  folders = ['router', 'server'].map((name) => mkdtempSync(join(tmpdir(), `wanbond-openwrt-${name}-`)));
  [router, server] = await Promise.all([
    OpenwrtBox.boot(lab.hosts.router, folders[0] ?? ''),
    OpenwrtBox.boot(lab.hosts.server, folders[1] ?? ''),
  ]);
  await configure(server, lab.writeServerConfig({}));
  await service(server, 'start');
  await isUp(server);
});

afterAll(async () => {
  await Promise.all([router?.close(), server?.close()]);
  await lab?.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

afterEach(async () => {
  await service(router, 'stop');
  await isGone(router);
});

const service = (box: OpenwrtBox, action: string): Promise<CommandResult> =>
  box.run(`/etc/init.d/wanbond ${action}`);
const pidOf = (box: OpenwrtBox): string => box.read('/tmp/procd-wanbond/pid').trim();
const ask = (): Promise<string> => askPeer(lab.hosts.lan, ORIGIN.address4, PORT);

/** What the lab would give its own program, in places of OpenWrt. */
async function configure(box: OpenwrtBox, file: string): Promise<void> {
  box.write('/tmp/given.toml', readFileSync(file, 'utf8').replaceAll(/^(state|data)-dir = .*\n/gm, ''));
  await box.must(`wanbond uci import /tmp/given.toml -o ${UCI}`);
}

const configureRouter = (overrides: ConfigTable = {}): Promise<void> =>
  configure(router, lab.writeRouterConfig({ overrides }));

async function change(from: string | RegExp, to: string): Promise<void> {
  const before = router.read(UCI);
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  router.write(UCI, after);
}

async function isUp(box: OpenwrtBox): Promise<void> {
  await waitUntil('the daemon answers', async () => (await service(box, 'status')).code === 0, 60_000);
}

async function isGone(box: OpenwrtBox): Promise<void> {
  await waitUntil(
    'the daemon has ended',
    async () => (await box.run('kill -0 "$(cat /tmp/procd-wanbond/pid)"')).code !== 0,
    60_000,
  );
}

async function start(): Promise<string> {
  expect(await service(router, 'start')).toMatchObject({ code: 0, stdout: '', stderr: '' });
  await isUp(router);
  return pidOf(router);
}

const wansOf = async (): Promise<{ name: string; tier: string }[]> =>
  (JSON.parse((await service(router, 'status')).stdout) as { wans: { name: string; tier: string }[] }).wans;

describe('the service', () => {
  test('starts what UCI describes, tells its status, takes over changes, and leaves nothing', async () => {
    const before = await networkState(lab.hosts.router);
    await configureRouter();
    const pid = await start();
    expect(router.read('/tmp/procd-wanbond/wanted').split('\n')).toEqual([
      `command /usr/bin/wanbond router -c ${TOML}`,
      `env NODE_OPTIONS=${DAEMON_NODE_FLAGS.join(' ')}`,
      'respawn 3600 5 0',
      'limits nofile=65536 65536',
      'term_timeout 90',
      'file /usr/lib/wanbond/package.json',
      'stdout 1',
      'stderr 1',
      '',
    ]);
    expect(router.read('/tmp/procd-wanbond/triggers')).toBe('wanbond\n');
    expect(await router.must(`stat -c %a ${TOML} ${UCI}`)).toBe('600\n600\n');
    await waitUntil('flows are carried', async () => (await ask()) === BACKBONE.server4, 20_000);

    await change("config wan 'wan2'\n", "config wan 'wan2'\n\toption tier 'backup'\n");
    expect(await service(router, 'reload')).toMatchObject({ code: 0, stdout: expect.stringMatching(/wan2/) });
    expect(await wansOf()).toMatchObject([{ name: 'wan1' }, { name: 'wan2', tier: 'backup' }]);
    // What has not changed is left alone.
    expect((await service(router, 'start')).code).toBe(0);
    expect(pidOf(router)).toBe(pid);

    await service(router, 'stop');
    await isGone(router);
    expect(await networkState(lab.hosts.router)).toEqual(before);
    expect(await service(router, 'status')).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/^not running/),
    });
  });

  test('is started again after it was killed', async () => {
    await configureRouter();
    const pid = await start();
    await router.must(`kill -9 ${pid}`);
    await waitUntil('another process runs', () => pidOf(router) !== pid, 20_000);
    await isUp(router);
  });

  test.each([
    [
      'a mistake',
      "option port '5124'",
      "option port 'many'",
      /:\d+:\d+: wanbond\.@server\[0\]\.port: is not a/,
    ],
    [
      'a quote that is never closed',
      "option role 'router'",
      'option role "router',
      /:\d+:\d+: this quote is never/,
    ],
  ])('runs on after %s, which the log tells, whatever it is asked for', async (_, good, bad, told) => {
    await configureRouter();
    const pid = await start();
    const toml = router.read(TOML);
    await change(good, bad);
    for (const action of ['reload', 'restart']) {
      const { code, stderr } = await service(router, action);
      expect({ action, code }).toEqual({ action, code: 1 });
      expect(stderr.match(new RegExp(told, 'g'))).toHaveLength(1);
    }
    // As hotplug or a person might.
    expect((await service(router, 'start')).code).toBe(0);
    expect(router.read('/tmp/log')).toMatch(told);
    expect(router.read(TOML)).toBe(toml);
    await isUp(router);
    expect(pidOf(router)).toBe(pid);
  });

  test('does not start with a mistake, and starts once it is corrected', async () => {
    await configureRouter();
    await change("option port '5124'", "option port 'many'");
    expect((await service(router, 'start')).code).toBe(1);
    await change("option port 'many'", "option port '5124'");
    // As the trigger of a changed config does.
    await service(router, 'reload');
    await isUp(router);
  });

  test('is restarted for what takes a restart, and for nothing else', async () => {
    await configureRouter();
    const pid = await start();
    await change("option role 'router'\n", "option role 'router'\n\toption quic 'leave'\n");
    expect((await service(router, 'reload')).code).toBe(0);
    expect(pidOf(router)).toBe(pid);
    await change("option quic 'leave'\n", "option nat '1'\n");
    expect((await service(router, 'reload')).code).toBe(0);
    await waitUntil('another process runs', () => pidOf(router) !== pid, 20_000);
    await isUp(router);
    expect(await router.must('nft list tables')).toContain('wanbond_nat');
  });

  test('does nothing while it is disabled, and ends when it is', async () => {
    await configureRouter();
    await change("option enabled '1'", "option enabled '0'");
    expect(await service(router, 'start')).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(await service(router, 'status')).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/^disabled/),
    });
    await change("option enabled '0'", "option enabled '1'");
    await service(router, 'reload');
    await isUp(router);
    await change("option enabled '1'", "option enabled '0'");
    await service(router, 'reload');
    await isGone(router);
  });

  test('runs the other role', async () => {
    expect(server.read('/tmp/procd-wanbond/wanted')).toContain(
      `command /usr/bin/wanbond server -c ${TOML}\n`,
    );
    const { stdout } = await service(server, 'status');
    expect(JSON.parse(stdout)).toMatchObject({ role: 'server' });
  });
});

describe('the firewall', () => {
  // As fw4 puts the files of chain-pre/input.
  const INCLUDE = 'include "/usr/share/nftables.d/chain-pre/input/*.nft"';
  const withInclude = fw4('reject').replace('iifname "lo" accept\n', `$&    ${INCLUDE}\n`);

  afterEach(() => router.run('nft delete table inet fw4'));

  test('of a LAN zone that rejects lets carried flows in by the include, however often it is loaded', async () => {
    await configureRouter();
    await start();
    router.write('/tmp/fw4.nft', fw4('reject'));
    await router.must('nft -f /tmp/fw4.nft');
    expect(await ask()).toBe('ECONNREFUSED');
    router.write('/tmp/fw4.nft', `table inet fw4\nflush table inet fw4\n${withInclude}`);
    await router.must('nft -c -f /tmp/fw4.nft && nft -f /tmp/fw4.nft && nft -f /tmp/fw4.nft');
    await waitUntil('flows are carried', async () => (await ask()) === BACKBONE.server4, 20_000);
    const rules = await router.must('nft list chain inet fw4 input');
    expect(rules.match(/comment "wanbond: /g)).toHaveLength(2);
    const check = await router.run(`wanbond check --no-network --json -c ${TOML}`);
    expect((JSON.parse(check.stdout) as { findings: unknown }).findings).toContainEqual(
      expect.objectContaining({ level: 'ok', subject: 'input chain' }),
    );
  });

  test('lets nobody in by the mark alone', async () => {
    const own = await servePeers(lab.hosts.router, PORT);
    await router.must(
      `nft 'add table inet marking; add chain inet marking input { type filter hook input priority -10; }; add rule inet marking input tcp dport ${PORT} meta mark set 0x40000000'`,
    );
    router.write('/tmp/fw4.nft', withInclude);
    await router.must('nft -f /tmp/fw4.nft');
    expect(await askPeer(lab.hosts.router, LAN.router4, PORT)).toBe(LAN.router4);
    expect(await askPeer(lab.hosts.lan, LAN.router4, PORT)).toBe('ECONNREFUSED');
    await router.must('nft delete table inet marking');
    await own.stop();
  });

  test('takes the include while wanbond does not run', async () => {
    expect((await router.run('nft list tables')).stdout).not.toContain('wanbond');
    router.write('/tmp/fw4.nft', withInclude);
    await router.must('nft -c -f /tmp/fw4.nft && nft -f /tmp/fw4.nft');
  });
});

describe('the package', () => {
  const script = (name: string, environment = ''): Promise<string> =>
    router.must(`${environment} sh /tmp/scripts/${name}`);

  test('comes disabled, is upgraded, and goes without a trace', async () => {
    const before = await networkState(lab.hosts.router);
    await router.must('rm -f /tmp/firewall');
    router.write(UCI, readFileSync(join(import.meta.dirname, '../packaging/openwrt/files', UCI), 'utf8'));
    router.write(
      '/etc/config/network',
      "config interface 'wan'\n\toption device 'wan1'\n\toption proto 'dhcp'\n",
    );
    await script('postinst');
    expect(router.read(UCI)).toContain("config wan 'wan'\n\toption interface 'wan1'\n");
    expect(await router.must('ls /etc/uci-defaults /etc/rc.d')).not.toContain('90-wanbond');
    expect(await router.must('ls /etc/rc.d')).toBe('S95wanbond\n');
    expect(router.read('/tmp/firewall')).toBe('reload\n');
    expect((await service(router, 'status')).stdout).toMatch(/^disabled/);
    expect(await networkState(lab.hosts.router)).toEqual(before);

    await configureRouter({ nat: true });
    await start();
    await script('prerm', 'PKG_UPGRADE=1');
    await script('postrm', 'PKG_UPGRADE=1');
    await isGone(router);
    expect(await router.must(`ls ${TOML} /etc/rc.d`)).toContain('S95wanbond');
    await script('postinst', 'PKG_UPGRADE=1');
    await isUp(router);

    await script('prerm');
    await script('postrm');
    await isGone(router);
    expect(await router.must('ls /etc/rc.d /var/etc')).not.toMatch(/wanbond/);
    expect((await router.run('ls -d /var/run/wanbond* /var/lib/wanbond')).stdout).toBe('');
    expect(router.read('/tmp/firewall')).toBe('reload\nreload\nreload\n');
    expect(await networkState(lab.hosts.router)).toEqual(before);
  });

  test('goes although what it ran with is gone, and says so', async () => {
    await router.must('mkdir -p /var/etc /var/lib/wanbond');
    router.write(
      TOML,
      'lan.interfaces = ["lan"]\nserver = { address = "192.0.2.1", key-file = "/gone.key" }\n',
    );
    const { code, stderr } = await router.run('sh /tmp/scripts/prerm');
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/a reboot does: [\s\S]*gone\.key/),
    });
    expect((await router.run(`ls -d ${TOML} /var/lib/wanbond`)).stdout).toBe('');
  });
});
