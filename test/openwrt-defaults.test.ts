// What installing the package on OpenWrt writes into /etc/config/wanbond, for the networks that there are.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildLab, type Lab } from '../src/lab/lab.ts';
import { encodeJoin } from '../src/setup/join.ts';
import { parseUci } from '../src/openwrt/uci-text.ts';
import { OpenwrtBox } from './support/openwrt-box.ts';

const FILE = '/etc/config/wanbond';
const SCRIPT = '/etc/uci-defaults/90-wanbond';

let lab: Lab;
let box: OpenwrtBox;
let at: string;
let fresh: string;

beforeAll(async () => {
  lab = await buildLab({ wans: ['unshaped'] });
  at = mkdtempSync(join(tmpdir(), 'wanbond-openwrt-'));
  box = await OpenwrtBox.boot(lab.hosts.router, at);
  fresh = box.read(FILE);
});

afterAll(async () => {
  await box?.close();
  await lab?.close();
  rmSync(at, { recursive: true, force: true });
});

const LAN = "config interface 'lan'\n\toption device 'br-lan'\n\toption proto 'static'\n";
const wan = (name: string, ...options: string[]): string =>
  `config interface '${name}'\n${options.map((one) => `\toption ${one.replace(/ (.*)/, " '$1'")}\n`).join('')}`;

/** The sections that come to a fresh config, as `type name key=value...`. */
async function written(network: string, devices = ''): Promise<string[]> {
  box.write(FILE, fresh);
  box.write('/etc/config/network', network);
  box.write('/tmp/l3-devices', devices);
  const { code, stderr } = await box.run(`cd /etc/uci-defaults && . ./90-wanbond`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const text = box.read(FILE);
  expect(text.startsWith(fresh)).toBe(true);
  const { sections, problems } = parseUci(text);
  expect(problems).toEqual([]);
  return sections
    .slice(1)
    .map(({ type, name, options }) =>
      [type, name, ...[...options].map(([key, value]) => `${key}=${String(value)}`)]
        .filter(Boolean)
        .join(' '),
    );
}

describe('a network with', () => {
  test.each<[string, string, string[], string?]>([
    [
      'one WAN and its IPv6 twin',
      LAN + wan('wan', 'device eth1', 'proto dhcp') + wan('wan6', 'device eth1', 'proto dhcpv6'),
      ['wan wan interface=eth1'],
    ],
    [
      'PPPoE, whose twin is still on the cable',
      LAN + wan('wan', 'device eth1.7', 'proto pppoe') + wan('wan6', 'device eth1.7', 'proto dhcpv6'),
      ['wan wan interface=pppoe-wan'],
    ],
    [
      "PPPoE, after its modem's own address",
      LAN +
        wan('wan_modem', 'device eth1', 'proto static') +
        wan('wan', 'device eth1', 'proto pppoe') +
        wan('wan2', 'device eth2', 'proto dhcp'),
      ['wan wan interface=pppoe-wan', 'wan wan2 interface=eth2'],
    ],
    [
      'a twin by alias, before the other',
      LAN + wan('wan6', 'device @wan', 'proto dhcpv6') + wan('wan', 'device eth1', 'proto dhcp'),
      ['wan wan interface=eth1'],
    ],
    ['IPv6 alone', LAN + wan('wan6', 'device eth1', 'proto dhcpv6'), ['wan wan6 interface=eth1']],
    [
      'several, in the order of their metrics',
      LAN +
        wan('wanc', 'device eth3', 'proto dhcp', 'metric 100') +
        wan('wanb', 'device eth2', 'proto dhcp', 'metric 20') +
        wan('wan', 'device eth1', 'proto static', 'metric 9'),
      ['wan wan interface=eth1', 'wan wanb interface=eth2', 'wan wanc interface=eth3'],
    ],
    [
      "OpenMPTCProuter's roles",
      LAN +
        wan('wan1', 'device eth1', 'proto dhcp', 'multipath on', 'metric 3') +
        wan('wan2', 'device eth2', 'proto dhcp', 'multipath backup', 'metric 4') +
        wan('wan3', 'device eth3', 'proto dhcp', 'multipath off', 'metric 5') +
        wan('fibre', 'device eth4', 'proto dhcp', 'multipath master', 'metric 6') +
        wan('vpn', 'device tun0', 'proto static', 'multipath off'),
      [
        'wan fibre interface=eth4',
        'wan wan1 interface=eth1',
        'wan wan2 interface=eth2 tier=backup',
        'wan wan3 interface=eth3 tier=off',
      ],
    ],
    [
      'a bridge and ifname, as before 21.02',
      wan('lan', 'type bridge', 'ifname eth0 wlan0', 'proto static') +
        wan('wan', 'ifname eth1', 'proto dhcp'),
      ['wan wan interface=eth1'],
    ],
    [
      'a modem that netifd knows',
      LAN +
        wan('wwan', 'device /dev/cdc-wdm0', 'proto qmi') +
        wan('wan', 'device /dev/cdc-wdm0', 'proto qmi'),
      ['wan wan interface=wwan0'],
      'wan wwan0\n',
    ],
    [
      'a modem that is down',
      LAN + wan('wan', 'device /dev/cdc-wdm9', 'proto qmi') + wan('wan2', 'device eth1', 'proto dhcp'),
      ['wan wan2 interface=eth1'],
    ],
    [
      'a WAN called main',
      LAN + wan('main', 'device eth1', 'proto dhcp', 'multipath on'),
      ['wan name=main interface=eth1'],
    ],
    ['no WAN', LAN, []],
  ])('%s', async (_, network, wans, devices) => {
    expect(await written(network, devices)).toEqual(['lan interfaces=br-lan', ...wans]);
  });

  test('neither LAN nor WAN', async () => {
    expect(await written(wan('loopback', 'device lo', 'proto static'))).toEqual([]);
  });
});

test('a modem that is down gets a line that says what to add', async () => {
  await written(LAN + wan('wan', 'device /dev/cdc-wdm9', 'proto qmi'));
  expect(box.read(FILE)).toMatch(/# Interface wan has no device while it is down: .*config wan 'wan'/);
});

test('what is there already stays as it is, and a second run changes nothing', async () => {
  await written(LAN + wan('wan', 'device eth1', 'proto dhcp'));
  const once = box.read(FILE);
  await box.must(`. ${SCRIPT}`);
  expect(box.read(FILE)).toBe(once);
  for (const own of ["config wan\n\toption name 'x'\n", 'config listen\n', "config 'lan' 'lan'\n"]) {
    box.write(FILE, own);
    await box.must(`. ${SCRIPT}`);
    expect(box.read(FILE)).toBe(own);
  }
});

test.each([
  ['a server', (text: string) => text.replace("role 'router'", "role 'server'"), ''],
  ['a config that uci cannot read', (text: string) => `${text}config "\n`, ''],
  ['an upgrade', (text: string) => text, 'PKG_UPGRADE=1'],
] as const)('%s gets nothing', async (_, configOf, environment) => {
  const config = configOf(fresh);
  box.write(FILE, config);
  box.write('/etc/config/network', LAN + wan('wan', 'device eth1', 'proto dhcp'));
  await box.must(`export ${environment}; . ${SCRIPT}`);
  expect(box.read(FILE)).toBe(config);
});

test('with the server of a join string, it passes wanbond check', async () => {
  await written(
    LAN +
      wan('wan1', 'device eth1', 'proto dhcp') +
      wan('wan2', 'proto pppoe', 'device eth2', 'multipath backup'),
  );
  expect(await box.run('wanbond uci check')).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/config server: is missing/) as string,
    stderr: '',
  });
  const invitation = {
    hosts: ['vps.example.net'],
    port: 5124,
    serverId: 'wanbond',
    keyId: 1,
    key: Buffer.alloc(32),
  };
  const before = box.read(FILE);
  expect(await box.must(`wanbond uci join ${encodeJoin(invitation)}`)).toBe(
    `added  vps.example.net to ${FILE}\n`,
  );
  // Comments and all.
  expect(box.read(FILE).startsWith(before)).toBe(true);
  expect(await box.run(`wanbond uci join ${encodeJoin(invitation)}`)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/has a `config server` already[\s\S]*uci delete/) as string,
  });
  expect(await box.must('wanbond uci check')).toMatch(/router config, disabled[\s\S]*Nothing fails/);
  await box.must('wanbond uci render -o /tmp/router.toml');
  const { stdout } = await box.run('wanbond check --json --no-network -c /tmp/router.toml');
  expect(JSON.parse(stdout)).toMatchObject({ configs: [{ role: 'router', problems: [], warnings: [] }] });
  expect(await box.must(`stat -c %a /tmp/router.toml ${FILE}`)).toBe('600\n600\n');
});
