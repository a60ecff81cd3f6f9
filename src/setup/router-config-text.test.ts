import { expect, it } from 'vitest';
import { parseAddress } from '../base/address.ts';
import { parseRouterConfig } from '../config/load.ts';
import type { Join } from './join.ts';
import { routerConfigText } from './router-config-text.ts';

const JOIN: Join = {
  hosts: ['vps.example.org', '2001:db8:f::1'],
  port: 4433,
  serverId: 'a"b',
  keyId: 3,
  key: new Uint8Array(32).fill(7),
};

const text = routerConfigText({
  lanInterfaces: ['br-lan', 'eth4'],
  wans: [
    { name: 'dsl', interface: 'ppp0' },
    { name: 'eth0-100', interface: 'eth0.100' },
  ],
  join: JOIN,
});

it('is a config with all that was joined and chosen', () => {
  const { config, warnings } = parseRouterConfig(text, 'router.toml');
  expect(warnings).toEqual([]);
  expect(config.lan.interfaces).toEqual(['br-lan', 'eth4']);
  expect(config.wans).toMatchObject([
    { name: 'dsl', interface: 'ppp0', source: undefined },
    { name: 'eth0-100', interface: 'eth0.100', source: undefined },
  ]);
  const hosts = ['vps.example.org', parseAddress('2001:db8:f::1')];
  expect(config.servers).toMatchObject([
    { hosts, port: 4433, protocol: { id: 'a"b', keyId: 3, key: JOIN.key } },
  ]);
});

it('has what stands at the top ready to be switched on there', () => {
  const on = text.replace(/^# (nat|quic) =/gm, '$1 =');
  expect(parseRouterConfig(on, 'router.toml').config).toMatchObject({ nat: true, quic: 'reject' });
});
