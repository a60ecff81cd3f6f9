import { expect, test } from 'vitest';
import { wanAddresses } from './addresses.ts';
import { mergeConfig, routerConfig, serverConfig } from './program-config.ts';

const input = {
  wans: [wanAddresses(1), wanAddresses(2)],
  serverFamilies: [4 as const],
  stateDir: '/tmp/x',
  dataDir: '/tmp/y',
  key: 'AAAA',
  transport: 'convert',
};

test('the router config names server, LAN and the given WANs', () => {
  expect(routerConfig(input)).toEqual({
    'on-server-loss': 'block',
    'state-dir': '/tmp/x',
    'data-dir': '/tmp/y',
    lan: { interfaces: ['lan0'] },
    server: { address: ['203.0.113.1'], port: 5124, 'key-id': 1, key: 'AAAA', transport: 'convert' },
    wan: [
      { name: 'wan1', interface: 'wan1' },
      { name: 'wan2', interface: 'wan2' },
    ],
    log: { format: 'json' },
  });
});

test('overrides merge tables, replace the rest and remove what is undefined', () => {
  const merged = mergeConfig(routerConfig(input), {
    server: { key: undefined, 'key-file': '/k' },
    lan: { interfaces: ['a'] },
    redirect: { carry: ['192.0.2.0/24'] },
  });
  expect(merged['server']).not.toHaveProperty('key');
  expect(merged['server']).toMatchObject({ port: 5124, 'key-file': '/k' });
  expect(merged['lan']).toEqual({ interfaces: ['a'] });
  expect(merged['redirect']).toEqual({ carry: ['192.0.2.0/24'] });
});

test('the server config has one listener and one key', () => {
  expect(serverConfig(input)).toMatchObject({
    listen: [{ transport: 'convert', port: 5124 }],
    key: [{ id: 1, key: 'AAAA' }],
  });
});
