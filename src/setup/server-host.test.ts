import { describe, expect, it } from 'vitest';
import type { LinkFact } from '../plan/link-fact.ts';
import { address, link, route } from '../wan/links/link-fact.fixture.ts';
import { guessHosts, parseHost } from './server-host.ts';

const on = (name: string, ...addresses: string[]): LinkFact =>
  link({
    name,
    addresses: addresses.map((text) => address(text)),
    defaultRoutes: name === 'eth0' ? [route(4), route(6)] : [],
  });

describe('the addresses of a server', () => {
  it('are the public ones of the link with the default route', () => {
    const links = [
      on('bb0', '198.51.100.129', '2001:db8:d::1'),
      on('eth0', '10.0.0.3', '203.0.113.1', '2001:db8:f::1'),
    ];
    expect(guessHosts(links)).toEqual(['203.0.113.1', '2001:db8:f::1']);
    expect(guessHosts([on('eth0', '2001:db8:f::1')])).toEqual(['2001:db8:f::1']);
  });

  it('are not those that are not there for good', () => {
    const addresses = [
      address('2001:db8:f::2', { isTemporary: true }),
      address('2001:db8:f::3', { isTentative: true }),
      address('2001:db8:f::1'),
    ];
    expect(guessHosts([link({ addresses })])).toEqual(['2001:db8:f::1']);
  });

  it.each([
    [[on('eth0', '10.0.0.3')], /its own is 10\.0\.0\.3/],
    [[on('eth0', '100.64.3.2', 'fd00::3')], /its own is 100\.64\.3\.2/],
    // As clouds have it: the public IPv4 address is translated, the IPv6 one is not.
    [[on('eth0', '172.31.4.5', '2001:db8:f::1')], /its own is 172\.31\.4\.5/],
    [[], /cannot tell/],
  ])('are asked for where a guess leads nowhere', (links, says) => {
    expect(() => guessHosts(links)).toThrow(says);
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
