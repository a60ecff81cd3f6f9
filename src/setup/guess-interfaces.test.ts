import { describe, expect, it } from 'vitest';
import type { LinkFact } from '../plan/link-fact.ts';
import { address, link as anyLink, route } from '../wan/links/link-fact.fixture.ts';
import { chooseInterfaces, parseWanOption } from './choose-interfaces.ts';
import { guessInterfaces } from './guess-interfaces.ts';

let index = 0;

function link(name: string, addresses: readonly string[] = [], rest: Partial<LinkFact> = {}): LinkFact {
  const all = addresses.map((text) => address(text));
  return anyLink({ index: ++index, name, addresses: all, defaultRoutes: [], ...rest });
}

const BRIDGE = 99;
const HOME: readonly LinkFact[] = [
  link('lo', ['127.0.0.1'], { isLoopback: true }),
  link('wwan0', ['100.70.1.2'], { defaultRoutes: [route(4, undefined, { metric: 700 })] }),
  link('eth0', [], { master: BRIDGE }),
  link('eth0.100', ['203.0.113.5'], {
    kind: 'vlan',
    defaultRoutes: [route(4, undefined, { metric: 20 })],
  }),
  link('ppp0', ['198.51.100.7', '2001:db8::7'], {
    kind: 'ppp',
    defaultRoutes: [route(6, undefined, { metric: 5 }), route(4, undefined, { metric: 10 })],
  }),
  link('br-lan', ['192.168.1.1', 'fd00::1'], { index: BRIDGE, kind: 'bridge' }),
  link('docker0', ['172.17.0.1'], { kind: 'bridge' }),
  link('br-0123456789ab', ['172.18.0.1'], { kind: 'bridge' }),
  link('veth1234', [], { kind: 'veth' }),
  link('tailscale0', ['100.64.0.9'], { kind: 'tun' }),
  link('home', ['10.9.0.2'], {
    kind: 'wireguard',
    defaultRoutes: [route(4, undefined, { metric: 30 })],
  }),
  link('eth3', ['192.168.9.1'], { isAdminUp: false }),
  link('eth4', ['192.168.8.1'], { hasCarrier: false }),
  link('eth5', ['198.51.100.130']),
  link('eth6', [], {
    addresses: [address('fe80::6', { scope: 'link' }), address('fd00::6', { isTentative: true })],
  }),
];

describe('a home router', () => {
  const guess = guessInterfaces(HOME);

  it('has its WANs in the order of the default routes', () => {
    expect(guess.wans.map((one) => one.interface)).toEqual(['ppp0', 'eth0.100', 'wwan0']);
    expect(guess.wans[0]?.why).toBe(
      'default route (IPv4 metric 10, IPv6 metric 5), 198.51.100.7/24, 2001:db8::7/64',
    );
  });

  it('has its LAN on what has a private address and no default route', () => {
    expect(guess.lans).toEqual([{ interface: 'br-lan', why: '192.168.1.1/24, fd00::1/64' }]);
  });

  it('says why the rest is left out', () => {
    expect(Object.fromEntries(guess.others.map((one) => [one.interface, one.why]))).toEqual({
      eth0: 'part of br-lan',
      docker0: 'made by a container, VM or VPN program',
      'br-0123456789ab': 'made by a container, VM or VPN program',
      veth1234: 'made by a container, VM or VPN program',
      tailscale0: 'made by a container, VM or VPN program',
      home: 'a wireguard device',
      eth3: 'down',
      eth4: 'nothing is plugged in',
      eth5: 'no default route, and the public address 198.51.100.130/24',
      eth6: 'no address',
    });
  });

  it('takes the guess, with names that the config accepts', () => {
    expect(chooseInterfaces(guess, [], [])).toEqual({
      lanInterfaces: ['br-lan'],
      wans: [
        { name: 'ppp0', interface: 'ppp0' },
        { name: 'eth0-100', interface: 'eth0.100' },
        { name: 'wwan0', interface: 'wwan0' },
      ],
    });
  });

  it('takes what is said instead, and never one interface for both', () => {
    expect(chooseInterfaces(guess, ['eth4'], ['dsl=ppp0', 'br-lan'])).toEqual({
      lanInterfaces: ['eth4'],
      wans: [
        { name: 'dsl', interface: 'ppp0' },
        { name: 'br-lan', interface: 'br-lan' },
      ],
    });
    expect(chooseInterfaces(guess, ['wwan0'], []).wans).toHaveLength(2);
    expect(() => chooseInterfaces(guess, [], ['x=br-lan'])).toThrow(/no LAN found/);
  });
});

it('says what there is when nothing fits', () => {
  const guess = guessInterfaces([link('eth0', ['192.168.1.5'])]);
  expect(() => chooseInterfaces(guess, [], [])).toThrow(
    expect.objectContaining({ code: 'no-wan-found', hint: expect.stringContaining('eth0 (192.168.1.5/24)') }),
  );
});

it.each(['=eth1', 'dsl=', 'd.s=eth1', ''])('refuses --wan %s', (text) => {
  expect(() => parseWanOption(text)).toThrow(/is not NAME=INTERFACE/);
});
