import { expect, test } from 'vitest';
import type { DefaultRouteFact, LinkFact } from '../../plan/link-fact.ts';
import { link as linkFact, route as routeFact } from './link-fact.fixture.ts';
import { standInRoute } from './stand-in.ts';

const link = (name: string, ...defaultRoutes: DefaultRouteFact[]): LinkFact =>
  linkFact({ name, addresses: [], defaultRoutes });
const route = (metric: number, gateway?: string): DefaultRouteFact => routeFact(4, gateway, { metric });
/** Whether each can carry. */
const usable = (dsl: boolean, lte: boolean): Map<string, boolean> => new Map(Object.entries({ dsl, lte }));
const LINKS = [link('lte', route(200)), link('dsl', route(100, '192.0.2.1')), link('vpn')];

test('no stand-in while the best WAN is well, or while nothing is better', () => {
  expect(standInRoute(4, LINKS, usable(true, true))).toBeUndefined();
  expect(standInRoute(4, LINKS, usable(true, false))).toBeUndefined();
  expect(standInRoute(4, LINKS, usable(false, false))).toBeUndefined();
  expect(standInRoute(6, LINKS, usable(false, true))).toBeUndefined();
  expect(standInRoute(4, [], new Map([['dsl', false]]))).toBeUndefined();
});

test('the next WAN stands in for a dead one, with or without a gateway', () => {
  expect(standInRoute(4, LINKS, usable(false, true))).toEqual({
    kind: 'default-route',
    family: 4,
    device: 'lte',
    gateway: undefined,
  });
  const links = [link('dsl', route(0, '192.0.2.1')), link('lte', route(5, '198.51.100.1'))];
  expect(standInRoute(4, links, usable(false, true))?.gateway).toBe('198.51.100.1');
});

test('a best route that is none of our WANs is left alone', () => {
  const links = [link('vpn', route(1)), ...LINKS];
  expect(standInRoute(4, links, usable(false, true))).toBeUndefined();
});
