// Where the relay listens, with and without IPv6.
import { expect, test } from 'vitest';
import { formatSocketAddress } from '../base/address.ts';
import { routerConfig } from './router-config.fixture.ts';
import { routerListens } from './router-listens.ts';

const config = { ...routerConfig(), socks: { port: 1080, users: undefined } };
const points = (method: 'tproxy' | 'redirect', hasIpv6: boolean): string[] =>
  routerListens(config, method, hasIpv6).map(({ at }) => formatSocketAddress(at));

test('on loopback for TPROXY, everywhere for REDIRECT and SOCKS, in both families', () => {
  const { port } = config.redirect;
  expect(points('tproxy', true)).toEqual([`127.0.0.1:${port}`, `[::1]:${port}`, '0.0.0.0:1080', '[::]:1080']);
  expect(points('redirect', true).slice(0, 2)).toEqual([`0.0.0.0:${port}`, `[::]:${port}`]);
});

test.each(['tproxy', 'redirect'] as const)(
  'a kernel without IPv6 is not asked for sockets of it (%s)',
  (method) => {
    expect(points(method, false).join()).not.toContain('[');
    expect(points(method, false)).toHaveLength(2);
  },
);
