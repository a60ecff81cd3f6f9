// Links as the kernel tells them, for tests.
import { type Family, parseAddress } from '../../base/address.ts';
import type { AddressFact, DefaultRouteFact, LinkFact } from '../../plan/link-fact.ts';

export function address(text: string, parts: Partial<AddressFact> = {}): AddressFact {
  const family: Family = text.includes(':') ? 6 : 4;
  return {
    family,
    address: parseAddress(text),
    bits: family === 4 ? 120 : 64,
    peer: undefined,
    scope: 'global',
    isTentative: false,
    isDadFailed: false,
    isDeprecated: false,
    isTemporary: false,
    isSecondary: false,
    ...parts,
  };
}

export function route(
  family: Family,
  gateway?: string,
  parts: Partial<DefaultRouteFact> = {},
): DefaultRouteFact {
  return {
    family,
    gateway: gateway === undefined ? undefined : parseAddress(gateway),
    metric: 0,
    protocol: 3,
    sourcePrefix: undefined,
    ...parts,
  };
}

export function link(parts: Partial<LinkFact> = {}): LinkFact {
  return {
    index: 5,
    name: 'eth1',
    kind: undefined,
    isAdminUp: true,
    hasCarrier: true,
    isLoopback: false,
    operState: 'up',
    master: undefined,
    addresses: [address('192.0.2.10')],
    defaultRoutes: [route(4, '192.0.2.1')],
    ...parts,
  };
}
