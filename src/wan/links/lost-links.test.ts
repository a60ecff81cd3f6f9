import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../base/address.ts';
import type { AddressFact, LinkFact } from '../../plan/link-fact.ts';
import type { EndpointUndo } from '../../plan/step.ts';
import { type LinkNews, lostEndpoints, tellsOfLoss } from './lost-links.ts';

const made = (id: number, device: string, address: string): EndpointUndo => ({
  kind: 'endpoint',
  id,
  device,
  address,
});
const DSL = made(1, 'wan0', '192.0.2.10');
const LTE = made(2, 'wan1', '198.51.100.20');
const LTE6 = made(3, 'wan1', '2001:db8::20');

function link(name: string, addresses: readonly string[], other: Partial<LinkFact> = {}): LinkFact {
  const facts = addresses.map((text) => ({ address: parseAddress(text) }) as AddressFact);
  return { name, isAdminUp: true, hasCarrier: true, addresses: facts, ...other } as LinkFact;
}
const WAN0 = link('wan0', ['192.0.2.10']);
const WAN1 = link('wan1', ['198.51.100.20', '2001:db8::20']);

describe('endpoints that go', () => {
  const all = [DSL, LTE, LTE6];
  test('are none while every link and address is there', () => {
    expect(lostEndpoints(all, [WAN0, WAN1])).toEqual([]);
  });
  test.each([
    ['lost its carrier', [WAN0, { ...WAN1, hasCarrier: false }]],
    ['was set down', [WAN0, { ...WAN1, isAdminUp: false }]],
    ['is gone', [WAN0]],
  ])('are all of an interface that %s', (_what, links) => {
    expect(lostEndpoints(all, links)).toEqual([LTE, LTE6]);
  });
  test('are those of a lost address only', () => {
    expect(lostEndpoints(all, [WAN0, link('wan1', ['2001:db8::20'])])).toEqual([LTE]);
  });
  test('are none when no other would be left', () => {
    expect(lostEndpoints([DSL], [{ ...WAN0, hasCarrier: false }, WAN1])).toEqual([]);
    expect(lostEndpoints(all, [])).toEqual([]);
  });
});

test('only what takes something away from an endpoint is urgent', () => {
  const up = { kind: 'link', name: 'wan1', isRemoved: false, isAdminUp: true, hasCarrier: true };
  const address = { kind: 'address', isRemoved: false };
  const isUrgent = (...events: LinkNews[]) => tellsOfLoss(events, [DSL, LTE]);
  expect(isUrgent(up, address, { kind: 'route', isRemoved: true })).toBe(false);
  expect(isUrgent({ ...up, name: 'lan', hasCarrier: false })).toBe(false);
  expect(isUrgent(up, { ...up, hasCarrier: false })).toBe(true);
  expect(isUrgent({ ...up, isAdminUp: false })).toBe(true);
  expect(isUrgent({ ...up, isRemoved: true })).toBe(true);
  expect(isUrgent({ ...address, isRemoved: true })).toBe(true);
});
