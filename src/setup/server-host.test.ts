import { describe, expect, it } from 'vitest';
import { parseAddress } from '../base/address.ts';
import type { InterfaceFact } from '../plan/host-facts.ts';
import { guessHosts, parseHost } from './server-host.ts';

const on = (name: string, ...addresses: string[]): InterfaceFact => ({
  name,
  hasCarrier: true,
  addresses: addresses.map((text) => ({ address: parseAddress(text), bits: 120 })),
});
const ROUTES = [
  { device: 'eth0', family: 4, metric: 0 },
  { device: 'eth0', family: 6, metric: 0 },
] as const;

describe('the addresses of a server', () => {
  it('are the public ones of the link with the default route', () => {
    const interfaces = [
      on('bb0', '198.51.100.129', '2001:db8:d::1'),
      on('eth0', '10.0.0.3', '203.0.113.1', '2001:db8:f::1'),
    ];
    expect(guessHosts(interfaces, ROUTES)).toEqual(['203.0.113.1', '2001:db8:f::1']);
    expect(guessHosts([on('eth0', '2001:db8:f::1')], ROUTES)).toEqual(['2001:db8:f::1']);
  });

  it.each([
    [[on('eth0', '10.0.0.3')], /its own is 10\.0\.0\.3/],
    [[on('eth0', '100.64.3.2', 'fd00::3')], /its own is 100\.64\.3\.2/],
    // As clouds have it: the public IPv4 address is translated, the IPv6 one is not.
    [[on('eth0', '172.31.4.5', '2001:db8:f::1')], /its own is 172\.31\.4\.5/],
    [[], /cannot tell/],
  ])('are asked for where a guess leads nowhere', (interfaces, says) => {
    expect(() => guessHosts(interfaces, ROUTES)).toThrow(says);
  });
});

describe('a host', () => {
  it.each([
    ['203.0.113.1', '203.0.113.1'],
    ['2001:DB8:0::1', '2001:db8::1'],
    ['vps.example.org', 'vps.example.org'],
  ])('may be %s', (text, host) => expect(parseHost(text)).toBe(host));

  it.each(['', '203.0.113', '1.2.3.4.5', 'a b', '-x.org', 'http://x.org', '[2001:db8::1]', 'x.org:5124'])(
    'may not be %s',
    (text) => expect(() => parseHost(text)).toThrow(),
  );
});
