import { expect, test } from 'vitest';
import { parseAddress } from '../../base/address.ts';
import type { RouteNetlinkEvent } from './codec.ts';
import { joinFacts, readLinks } from './read-links.ts';

const link = (index: number, name: string): RouteNetlinkEvent => ({
  kind: 'link',
  isRemoved: false,
  index,
  name,
  isAdminUp: true,
  isRunning: true,
  hasCarrier: true,
  isLoopback: false,
  operState: undefined,
  linkKind: undefined,
  master: undefined,
});

const address = (index: number, text: string): RouteNetlinkEvent => ({
  kind: 'address',
  isRemoved: false,
  index,
  family: 4,
  address: parseAddress(text),
  bits: 120,
  peer: undefined,
  scope: 'global',
  isTentative: false,
  isDadFailed: false,
  isDeprecated: false,
  isTemporary: false,
  isSecondary: false,
});

const route = (metric: number, ...hops: [index: number, gateway: string][]): RouteNetlinkEvent => ({
  kind: 'route',
  isRemoved: false,
  family: 4,
  destination: { address: parseAddress('0.0.0.0'), bits: 96 },
  sourcePrefix: undefined,
  preferredSource: undefined,
  table: 254,
  type: 1,
  protocol: 3,
  metric,
  nextHops: hops.map(([index, gateway]) => ({ index, gateway: parseAddress(gateway) })),
});

test('what belongs together is put together, and strays are left out', () => {
  const facts = joinFacts([
    link(2, 'wan0'),
    link(3, 'wan1'),
    address(3, '192.0.2.10'),
    address(9, '192.0.2.99'),
    route(20, [3, '192.0.2.1'], [2, '198.51.100.1']),
    route(10, [3, '192.0.2.2']),
  ]);
  expect(facts.map(({ name }) => name)).toEqual(['wan0', 'wan1']);
  const [wan0, wan1] = facts;
  expect(wan0?.addresses).toEqual([]);
  expect(wan0?.operState).toBe('unknown');
  expect(wan0?.defaultRoutes).toEqual([
    { family: 4, gateway: parseAddress('198.51.100.1'), metric: 20, protocol: 3, sourcePrefix: undefined },
  ]);
  expect(wan1?.addresses.map((one) => one.address)).toEqual([parseAddress('192.0.2.10')]);
  expect(wan1?.defaultRoutes.map(({ metric }) => metric)).toEqual([10, 20]);
});

test('this host has a loopback interface', () => {
  expect(readLinks().find((one) => one.isLoopback)).toMatchObject({ name: 'lo', index: 1 });
});
