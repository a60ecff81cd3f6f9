// RTM_NEWROUTE, RTM_DELROUTE, RTM_NEWRULE and RTM_DELRULE as they are sent: the routes and rules that a plan makes, byte
// by byte what `ip route` and `ip rule` would send.
import { type Family, familyOf, parseAddress } from '../../base/address.ts';
import {
  DEFAULT_ROUTE_METRIC,
  type DefaultRoute,
  type LocalRoute,
  type MarkRule,
  ROUTE_PROTOCOL,
} from '../../plan/step.ts';
import { AF_INET, AF_INET6 } from '../constants.ts';
import * as abi from './abi.ts';
import { encodeAttribute, encodeU32 } from './attribute.ts';
import type { NetlinkRequest } from './codec.ts';

export type Change = 'add' | 'delete';

/**
 * @param index of the route's device. IPv4 has another one before all of its metric; IPv6 takes none beside one that is
 * there.
 */
export function defaultRouteRequest(change: Change, route: DefaultRoute, index: number): NetlinkRequest {
  const { family, gateway } = route;
  const isFar = gateway !== undefined || family === 6;
  const header = routeHeader({
    family,
    table: abi.RT_TABLE_MAIN,
    protocol: ROUTE_PROTOCOL,
    scope: change === 'delete' ? abi.RT_SCOPE_NOWHERE : isFar ? abi.RT_SCOPE_UNIVERSE : abi.RT_SCOPE_LINK,
    type: change === 'delete' ? abi.RTN_UNSPEC : abi.RTN_UNICAST,
  });
  return {
    type: change === 'add' ? abi.RTM_NEWROUTE : abi.RTM_DELROUTE,
    flags: change === 'add' ? abi.NLM_F_CREATE | (family === 6 ? abi.NLM_F_EXCL : 0) : 0,
    body: Buffer.concat([
      header,
      ...(gateway === undefined ? [] : [encodeGateway(family, gateway)]),
      encodeU32(abi.RTA_OIF, index),
      encodeU32(abi.RTA_PRIORITY, DEFAULT_ROUTE_METRIC[family]),
    ]),
  };
}

/** Everything in the table is for this host. */
export function localRouteRequest(change: Change, { family, table }: LocalRoute): NetlinkRequest {
  const header = routeHeader({
    family,
    // Larger numbers have their attribute alone.
    table: table < 256 ? table : abi.RT_TABLE_UNSPEC,
    protocol: change === 'add' ? abi.RTPROT_BOOT : 0,
    scope: change === 'add' ? abi.RT_SCOPE_HOST : abi.RT_SCOPE_NOWHERE,
    type: abi.RTN_LOCAL,
  });
  return {
    type: change === 'add' ? abi.RTM_NEWROUTE : abi.RTM_DELROUTE,
    flags: change === 'add' ? abi.NLM_F_CREATE | abi.NLM_F_EXCL : 0,
    body: Buffer.concat([
      header,
      encodeU32(abi.RTA_OIF, abi.LOOPBACK_INDEX),
      encodeU32(abi.RTA_TABLE, table),
    ]),
  };
}

export function markRuleRequest(change: Change, rule: MarkRule): NetlinkRequest {
  const header = Buffer.alloc(abi.FIB_RULE_HDR_BYTES);
  header.writeUInt8(familyNumber(rule.family), 0);
  header.writeUInt8(rule.table < 256 ? rule.table : abi.RT_TABLE_UNSPEC, 4);
  header.writeUInt8(abi.FR_ACT_TO_TBL, 7);
  const from =
    rule.device === undefined ? [] : [encodeAttribute(abi.FRA_IIFNAME, Buffer.from(`${rule.device}\0`))];
  return {
    type: change === 'add' ? abi.RTM_NEWRULE : abi.RTM_DELRULE,
    flags: change === 'add' ? abi.NLM_F_CREATE | abi.NLM_F_EXCL : 0,
    body: Buffer.concat([
      header,
      ...from,
      encodeU32(abi.FRA_FWMARK, rule.mark),
      encodeU32(abi.FRA_FWMASK, rule.mask),
      encodeU32(abi.FRA_TABLE, rule.table),
      encodeU32(abi.FRA_PRIORITY, rule.priority),
    ]),
  };
}

interface RouteHeader {
  readonly family: Family;
  readonly table: number;
  readonly protocol: number;
  readonly scope: number;
  readonly type: number;
}

function routeHeader({ family, table, protocol, scope, type }: RouteHeader): Buffer {
  const header = Buffer.alloc(abi.RTMSG_BYTES);
  header.writeUInt8(familyNumber(family), 0);
  for (const [i, value] of [table, protocol, scope, type].entries()) header.writeUInt8(value, 4 + i);
  return header;
}

/** IPv4 may go by an IPv6 neighbour. */
function encodeGateway(family: Family, text: string): Buffer {
  const gateway = parseAddress(text);
  const of = familyOf(gateway);
  const bytes = of === 4 ? gateway.subarray(12) : gateway;
  if (of === family) return encodeAttribute(abi.RTA_GATEWAY, bytes);
  // struct rtvia: u16 family, then the address.
  return encodeAttribute(abi.RTA_VIA, Buffer.from([familyNumber(of), 0, ...bytes]));
}

function familyNumber(family: Family): number {
  return family === 4 ? AF_INET : AF_INET6;
}
