// What is asked for reads as what was meant, with the reader of the kernel's own messages.
import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../base/address.ts';
import { ruleFact } from '../../plan/rule-fact.fixture.ts';
import type { DefaultRoute, MarkRule } from '../../plan/step.ts';
import * as abi from './abi.ts';
import type { NetlinkRequest } from './codec.ts';
import type { NetlinkMessage } from './message.ts';
import { isDefaultRoute, isLocalDefault, readRoute, type RouteEvent } from './route-message.ts';
import { defaultRouteRequest, localRouteRequest, markRuleRequest } from './routing-message.ts';
import { readRule } from './rule-message.ts';

const INDEX = 6;
const sent = ({ type, flags = 0, body }: NetlinkRequest): NetlinkMessage => ({
  type,
  flags,
  sequence: 1,
  body,
});
const routeOf = (asked: NetlinkRequest): RouteEvent => readRoute(sent(asked)) as RouteEvent;
const scopeOf = (asked: NetlinkRequest): number => asked.body.readUInt8(6);

describe('a default route', () => {
  const v4: DefaultRoute = { kind: 'default-route', family: 4, device: 'eth1', gateway: '192.0.2.1' };
  const v6: DefaultRoute = { ...v4, family: 6, gateway: 'fe80::1' };

  test('of IPv4 comes before others of its metric', () => {
    const asked = defaultRouteRequest('add', v4, INDEX);
    expect(asked.flags).toBe(abi.NLM_F_CREATE);
    expect(routeOf(asked)).toMatchObject({
      isRemoved: false,
      protocol: 87,
      metric: 0,
      nextHops: [{ index: INDEX, gateway: parseAddress('192.0.2.1') }],
    });
    expect(isDefaultRoute(routeOf(asked))).toBe(true);
  });

  test('of IPv6 has the least metric there is', () => {
    const asked = defaultRouteRequest('add', v6, INDEX);
    expect(asked.flags).toBe(abi.NLM_F_CREATE | abi.NLM_F_EXCL);
    expect(routeOf(asked)).toMatchObject({
      family: 6,
      metric: 1,
      nextHops: [{ index: INDEX, gateway: parseAddress('fe80::1') }],
    });
  });

  test('without a gateway reaches neighbours; by an IPv6 neighbour it says so', () => {
    const bare = defaultRouteRequest('add', { ...v4, gateway: undefined }, INDEX);
    expect(routeOf(bare).nextHops).toEqual([{ index: INDEX, gateway: undefined }]);
    expect(scopeOf(bare)).toBe(abi.RT_SCOPE_LINK);
    const via6 = defaultRouteRequest('add', { ...v4, gateway: 'fe80::1' }, INDEX);
    expect(routeOf(via6).nextHops).toEqual([{ index: INDEX, gateway: parseAddress('fe80::1') }]);
    expect(scopeOf(via6)).toBe(abi.RT_SCOPE_UNIVERSE);
  });

  test('is deleted by its protocol, device and gateway', () => {
    const asked = defaultRouteRequest('delete', v4, INDEX);
    expect(asked.flags).toBe(0);
    expect(scopeOf(asked)).toBe(abi.RT_SCOPE_NOWHERE);
    expect(routeOf(asked)).toMatchObject({ isRemoved: true, protocol: 87, table: abi.RT_TABLE_MAIN });
  });
});

test('a local route of a table above 255', () => {
  for (const family of [4, 6] as const) {
    const route = routeOf(localRouteRequest('add', { kind: 'local-route', family, table: 7780 }));
    expect(route).toMatchObject({ family, table: 7780, protocol: abi.RTPROT_BOOT });
    expect(isLocalDefault(route)).toBe(true);
  }
});

test('a rule', () => {
  const [mark, mask, table, device] = [0x4000_0000, 0x4000_0000, 7780, 'br-lan'];
  const rule: MarkRule = { kind: 'rule', family: 6, priority: 800, device, mark, mask, table };
  const added = markRuleRequest('add', rule);
  expect(readRule(sent(added))).toEqual(ruleFact(800, { family: 6, device, mark, mask, table }));
  const anywhere = markRuleRequest('add', { ...rule, family: 4, device: undefined });
  expect(readRule(sent(anywhere))).toEqual(ruleFact(800, { mark, mask, table }));
  const deleted = markRuleRequest('delete', rule);
  expect(deleted).toMatchObject({ type: abi.RTM_DELRULE, flags: 0, body: added.body });
});
