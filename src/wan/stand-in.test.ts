import { expect, test } from 'vitest';
import { parseAddress } from '../base/address.ts';
import type { DefaultRouteFact, LinkFact } from '../plan/link-fact.ts';
import { standInRoute } from './stand-in.ts';

const link = (name: string, ...defaultRoutes: DefaultRouteFact[]): LinkFact => ({
  index: 1,
  name,
  kind: undefined,
  isAdminUp: true,
  hasCarrier: true,
  isLoopback: false,
  isPointToPoint: false,
  operState: 'up',
  mtuBytes: 1500,
  master: undefined,
  addresses: [],
  defaultRoutes,
});
const route = (metric: number, gateway?: string): DefaultRouteFact => ({
  family: 4,
  gateway: gateway === undefined ? undefined : parseAddress(gateway),
  metric,
  protocol: 16,
  sourcePrefix: undefined,
});
const LINKS = [link('lte', route(200)), link('dsl', route(100, '192.0.2.1')), link('vpn')];

test('no stand-in while the best WAN is well, or while nothing is better', () => {
  expect(
    standInRoute(
      4,
      LINKS,
      new Map([
        ['dsl', true],
        ['lte', true],
      ]),
    ),
  ).toBeUndefined();
  expect(
    standInRoute(
      4,
      LINKS,
      new Map([
        ['dsl', true],
        ['lte', false],
      ]),
    ),
  ).toBeUndefined();
  expect(
    standInRoute(
      4,
      LINKS,
      new Map([
        ['dsl', false],
        ['lte', false],
      ]),
    ),
  ).toBeUndefined();
  expect(
    standInRoute(
      6,
      LINKS,
      new Map([
        ['dsl', false],
        ['lte', true],
      ]),
    ),
  ).toBeUndefined();
  expect(standInRoute(4, [], new Map([['dsl', false]]))).toBeUndefined();
});

test('the next WAN stands in for a dead one, with or without a gateway', () => {
  expect(
    standInRoute(
      4,
      LINKS,
      new Map([
        ['dsl', false],
        ['lte', true],
      ]),
    ),
  ).toEqual({
    kind: 'default-route',
    family: 4,
    device: 'lte',
    gateway: undefined,
  });
  const links = [link('dsl', route(0, '192.0.2.1')), link('lte', route(5, '198.51.100.1'))];
  expect(
    standInRoute(
      4,
      links,
      new Map([
        ['dsl', false],
        ['lte', true],
      ]),
    )?.gateway,
  ).toBe('198.51.100.1');
});

test('a best route that is none of our WANs is left alone', () => {
  const links = [link('vpn', route(1)), ...LINKS];
  expect(
    standInRoute(
      4,
      links,
      new Map([
        ['dsl', false],
        ['lte', true],
      ]),
    ),
  ).toBeUndefined();
});
