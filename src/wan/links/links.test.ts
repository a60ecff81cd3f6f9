import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Address, formatAddress, parseAddress, sameAddress } from '../../base/address.ts';
import { parsePrefix } from '../../base/prefix.ts';
import type { WanConfig } from '../../config/wan.ts';
import type { AddressFact, DefaultRouteFact, LinkFact } from '../../plan/link-fact.ts';
import { address, link, route } from './link-fact.fixture.ts';
import { liveSource, type WanLink, wanLinks } from './links.ts';

function wan(name: string, device: string, source?: Address[]): WanConfig {
  const rest = {
    tier: 'active',
    rateDownBps: undefined,
    rateUpBps: undefined,
    cap: undefined,
    capDay: 1,
  } as const;
  return { name, interface: device, source, ...rest };
}

const DSL = [wan('dsl', 'eth1')];

/** The one WAN of one link. */
function view(fact: LinkFact | undefined, previous?: WanLink[], wans = DSL): WanLink {
  return wanLinks(wans, fact ? [fact] : [], previous)[0] as WanLink;
}

function sources(of: WanLink): (string | undefined)[] {
  return [of.v4, of.v6].map((one) => one && formatAddress(one));
}

describe('a WAN', () => {
  test('that is well', () => {
    expect(view(link())).toEqual({
      name: 'dsl',
      device: 'eth1',
      isUp: true,
      v4: parseAddress('192.0.2.10'),
      v6: undefined,
      trouble: undefined,
    });
  });

  test.each([
    ['interface missing', undefined],
    ['interface down', link({ isAdminUp: false, operState: 'down' })],
    ['no carrier', link({ hasCarrier: false, operState: 'lower-layer-down' })],
    // The link watch of the kernel has not come to it yet: nothing is sent before.
    ['no carrier', link({ hasCarrier: true, operState: 'down' })],
    ['link not ready', link({ operState: 'dormant' })],
    ['no address', link({ addresses: [] })],
    ['no address', link({ addresses: [address('fe80::1', { scope: 'link' })] })],
  ])('with %s', (trouble, fact) => {
    expect(view(fact)).toMatchObject({ trouble, isUp: trouble === 'no address' });
  });

  test('without carrier keeps its address in mind, but has no live source', () => {
    const down = view(link({ hasCarrier: false }));
    expect(sources(down)).toEqual(['192.0.2.10', undefined]);
    expect(liveSource(down, 4)).toBeUndefined();
    expect(liveSource(view(link()), 4)).toEqual(parseAddress('192.0.2.10'));
  });

  test('of PPP: unknown state, no gateway, a peer', () => {
    const ppp = link({
      operState: 'unknown',
      addresses: [address('100.64.0.9', { bits: 128, peer: parseAddress('100.64.0.1') })],
      defaultRoutes: [route(4)],
    });
    expect(view(ppp)).toMatchObject({ isUp: true, trouble: undefined });
  });

  test('without default routes can carry all the same: there may be one to the server', () => {
    const fact = link({ addresses: [address('192.0.2.10'), address('2001:db8::10')], defaultRoutes: [] });
    expect(view(fact).trouble).toBeUndefined();
    expect(sources(view(fact))).toEqual(['192.0.2.10', '2001:db8::10']);
  });

  test('with sources in the config uses these only, in their order', () => {
    const fact = link({ addresses: [address('192.0.2.10'), address('192.0.2.11', { isSecondary: true })] });
    const wans = [wan('dsl', 'eth1', [parseAddress('192.0.2.99'), parseAddress('192.0.2.11')])];
    expect(sources(view(fact, undefined, wans))).toEqual(['192.0.2.11', undefined]);
    const gone = [wan('dsl', 'eth1', [parseAddress('192.0.2.99')])];
    expect(view(fact, undefined, gone).trouble).toBe('source address missing');
  });
});

describe('the source', () => {
  const chosen = (addresses: AddressFact[], defaultRoutes: DefaultRouteFact[] = [], previous?: WanLink) =>
    sources(view(link({ addresses, defaultRoutes }), previous && [previous]));

  test.each(['isTentative', 'isDadFailed', 'isDeprecated', 'isTemporary'] as const)('is not %s', (flag) => {
    expect(chosen([address('2001:db8::1', { [flag]: true }), address('2001:db8::2')])[1]).toBe('2001:db8::2');
  });
  test('is global rather than unique local', () => {
    expect(chosen([address('fd00::2'), address('2001:db8::2')])[1]).toBe('2001:db8::2');
  });
  test('is one that a source-specific default route takes', () => {
    const specific = route(6, 'fe80::1', { metric: 512, sourcePrefix: parsePrefix('2001:db8:1::/64') });
    expect(chosen([address('2001:db8:2::2'), address('2001:db8:1::2')], [specific])[1]).toBe('2001:db8:1::2');
  });
  test('is of the gateway’s subnet, not the one for the modem’s page', () => {
    const addresses = [address('192.168.100.2'), address('203.0.113.5')];
    expect(chosen(addresses, [route(4, '203.0.113.1')])[0]).toBe('203.0.113.5');
  });
  test('is what the route names', () => {
    const addresses = [address('192.0.2.10'), address('192.0.2.11', { isSecondary: true })];
    const named = route(4, '192.0.2.1', { preferredSource: parseAddress('192.0.2.11') });
    expect(chosen(addresses, [named])[0]).toBe('192.0.2.11');
  });
  test('stays as it is while it is as good as any', () => {
    const one = address('2001:db8::1');
    const two = address('2001:db8::2');
    const before = view(link({ addresses: [one] }));
    expect(chosen([two, one], [], before)[1]).toBe('2001:db8::1');
    expect(chosen([two, { ...one, isDeprecated: true }], [], before)[1]).toBe('2001:db8::2');
    expect(chosen([two], [], before)[1]).toBe('2001:db8::2');
  });
  test('of another interface under the same WAN name is not kept', () => {
    const addresses = [address('192.0.2.10'), address('192.0.2.11')];
    const before = { ...view(link({ addresses: [address('192.0.2.11')] })), device: 'eth9' };
    expect(sources(view(link({ addresses }), [before]))[0]).toBe('192.0.2.10');
  });
});

describe('for any facts', () => {
  const anyAddress = fc
    .tuple(
      fc.constantFrom('192.0.2.10', '192.0.2.11', '169.254.3.3', '2001:db8::1', '2001:db8::2', 'fd00::2'),
      fc.record({
        scope: fc.constantFrom('global', 'link'),
        isTentative: fc.boolean(),
        isDeprecated: fc.boolean(),
        isTemporary: fc.boolean(),
        isSecondary: fc.boolean(),
      } as const),
    )
    .map(([text, parts]) => address(text, parts));
  const anyRoute = fc
    .tuple(fc.constantFrom(4, 6), fc.boolean(), fc.nat(2), fc.boolean())
    .map(([family, hasGateway, metric, isSpecific]) =>
      route(family, hasGateway ? (family === 4 ? '192.0.2.1' : 'fe80::1') : undefined, {
        metric,
        sourcePrefix: family === 6 && isSpecific ? parsePrefix('2001:db8::/127') : undefined,
      }),
    );
  const anyLink = fc
    .record({
      index: fc.integer({ min: 1, max: 3 }),
      name: fc.constantFrom('eth1', 'eth2'),
      isAdminUp: fc.boolean(),
      hasCarrier: fc.boolean(),
      operState: fc.constantFrom('up', 'down', 'unknown', 'dormant'),
      addresses: fc.uniqueArray(anyAddress, { maxLength: 5, selector: (one) => formatAddress(one.address) }),
      defaultRoutes: fc.array(anyRoute, { maxLength: 3 }),
    } as const)
    .map((parts) => link(parts));
  const anyLinks = fc.uniqueArray(anyLink, { maxLength: 2, selector: (one) => one.name });
  const WANS = [wan('dsl', 'eth1'), wan('lte', 'eth2')];

  test('a source is an address of the interface that may be used', () => {
    fc.assert(
      fc.property(anyLinks, anyLinks, (then, now) => {
        for (const one of wanLinks(WANS, now, wanLinks(WANS, then))) {
          const fact = now.find(({ name }) => name === one.device);
          for (const source of [one.v4, one.v6]) {
            if (!source) continue;
            const found = fact?.addresses.find((own) => sameAddress(own.address, source));
            expect(found).toMatchObject({ scope: 'global', isTentative: false, isDeprecated: false });
          }
          expect(one.trouble === undefined).toBe(one.isUp && (one.v4 ?? one.v6) !== undefined);
        }
      }),
    );
  });

  test('the same facts again change nothing, in whatever order they come', () => {
    fc.assert(
      fc.property(anyLinks, (facts) => {
        const once = wanLinks(WANS, facts);
        const turned = facts.map((one) => ({ ...one, addresses: one.addresses.toReversed() })).toReversed();
        expect(wanLinks(WANS, turned, once).map(sources)).toEqual(once.map(sources));
        expect(wanLinks(WANS, facts, once)).toEqual(once);
      }),
    );
  });
});
