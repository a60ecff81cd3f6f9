import { expect, test } from 'vitest';
import { parsePrefix, prefixContains } from '../base/prefix.ts';
import { parseAddress } from '../base/address.ts';
import { LAN, MAX_WANS, ORIGIN, SERVER, wanAddresses } from './addresses.ts';
import { parseWanLink } from './link-kind.ts';
import { renderTopology } from './topology.ts';

const DOCUMENTATION = ['198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32'].map(parsePrefix);

const render = (wans: string[], sourceSpecific = false): ReturnType<typeof renderTopology> =>
  renderTopology('wb-1-0000', { wans: wans.map(parseWanLink), sourceSpecific });

test('everything on the Internet side has documentation addresses', () => {
  const wans = Array.from({ length: MAX_WANS }, (_, i) => wanAddresses(i + 1));
  const all = [
    ...wans.flatMap((wan) => [wan.router4, wan.gateway4, wan.router6, wan.gateway6]),
    ...[SERVER.address4, SERVER.address6, ORIGIN.address4, ORIGIN.address6, LAN.host6],
  ];
  expect(new Set(all).size).toBe(all.length);
  for (const text of all) {
    expect(DOCUMENTATION.some((prefix) => prefixContains(prefix, parseAddress(text)))).toBe(true);
  }
});

test('a plain WAN is a veth with tbf at both ends', () => {
  const { links, emulated, hosts } = render(['50mbit']);
  expect(links).toContain('link add wan1 netns wb-1-0000-router type veth peer name gw1 netns wb-1-0000-net');
  expect(emulated).toEqual([]);
  const shape = 'root tbf rate 50000000bit burst 16000b limit 312500b peakrate 62500000bit mtu 1875b';
  expect(hosts.router.tc).toEqual([`qdisc add dev wan1 ${shape}`]);
  expect(hosts.net.tc).toEqual([`qdisc add dev gw1 ${shape}`]);
});

test('a WAN with delay, jitter or loss is emulated, an unshaped one is only a veth', () => {
  const { links, emulated, hosts } = render(['20mbit,delay=30ms,loss=1%,queue=100ms', 'unshaped']);
  const direction = { rateBps: 20e6, delayMs: 30, jitterMs: 0, lossRatio: 0.01, queueMs: 100 };
  expect(emulated).toEqual([
    {
      name: 'wan1',
      a: { netns: 'wb-1-0000-router', device: 'wan1' },
      b: { netns: 'wb-1-0000-net', device: 'gw1' },
      aToB: direction,
      bToA: direction,
    },
  ]);
  expect(links.filter((line) => line.includes('wan'))).toHaveLength(1);
  expect(hosts.router.tc).toEqual([]);
});

test('the router gets metric default routes, source-specific ones on demand', () => {
  const plain = render(['50mbit', '50mbit']).hosts.router.ip.filter((line) => line.includes('default'));
  expect(plain).toEqual([
    'route replace default via 203.0.113.17 dev wan1 metric 101',
    'route replace default via 2001:db8:101::1 dev wan1 metric 101',
    'route replace default via 203.0.113.33 dev wan2 metric 102',
    'route replace default via 2001:db8:102::1 dev wan2 metric 102',
  ]);
  const specific = render(['50mbit'], true).hosts.router.ip;
  expect(specific).toContain(
    'route replace default from 2001:db8:101::/64 via 2001:db8:101::1 dev wan1 metric 101',
  );
  expect(specific).not.toContain('route replace default via 2001:db8:101::1 dev wan1 metric 101');
});
