// RTM_NEWROUTE and RTM_DELROUTE: a route and the ways it leaves by.
//
// The kernel does not tell of everything: the IPv4 routes that go with an interface, its carrier or its last address
// vanish without an RTM_DELROUTE (tried on 6.18). Routes are therefore read anew, not kept up from events.
import type { Address, Family } from '../../base/address.ts';
import { maskAddress, type Prefix } from '../../base/prefix.ts';
import * as abi from './abi.ts';
import { readFamily, toPrefixBits } from './address-message.ts';
import { type Attributes, readAddress, readAttributes, readU32, toAddress } from './attribute.ts';
import type { NetlinkMessage } from './message.ts';

export interface NextHop {
  /** Of the interface; undefined for routes that lead nowhere (unreachable, blackhole). */
  readonly index: number | undefined;
  /** May be of the other family: IPv4 by an IPv6 neighbour. */
  readonly gateway: Address | undefined;
}

export interface RouteEvent {
  readonly kind: 'route';
  readonly isRemoved: boolean;
  readonly family: Family;
  readonly destination: Prefix;
  readonly sourcePrefix: Prefix | undefined;
  readonly preferredSource: Address | undefined;
  readonly table: number;
  /** RTN_*: 1 unicast, 2 local, 6 blackhole, 7 unreachable. */
  readonly type: number;
  /** RTPROT_*: who made it; 2 the kernel, 3 boot, 4 static, 9 router advertisement, 16 DHCP. */
  readonly protocol: number;
  readonly metric: number;
  readonly nextHops: readonly NextHop[];
}

/** Undefined for other families and for entries of the cache. */
export function readRoute({ type, body }: NetlinkMessage): RouteEvent | undefined {
  if (body.length < abi.RTMSG_BYTES) return undefined;
  const family = readFamily(body);
  if (family === undefined || (body.readUInt32LE(8) & abi.RTM_F_CLONED) !== 0) return undefined;
  const attributes = readAttributes(body.subarray(abi.RTMSG_BYTES));
  const sourceBits = body.readUInt8(2);
  return {
    kind: 'route',
    isRemoved: type === abi.RTM_DELROUTE,
    family,
    destination: readPrefix(attributes, abi.RTA_DST, family, body.readUInt8(1)),
    sourcePrefix: sourceBits === 0 ? undefined : readPrefix(attributes, abi.RTA_SRC, family, sourceBits),
    preferredSource: readAddress(attributes, abi.RTA_PREFSRC, family),
    table: readU32(attributes, abi.RTA_TABLE) ?? body.readUInt8(4),
    type: body.readUInt8(7),
    protocol: body.readUInt8(5),
    metric: readU32(attributes, abi.RTA_PRIORITY) ?? 0,
    nextHops: readNextHops(attributes, family),
  };
}

/** Everything, when there is no address attribute. */
function readPrefix(attributes: Attributes, type: number, family: Family, bits: number): Prefix {
  const none = toAddress(new Uint8Array(family === 4 ? 4 : 16)) as Address;
  const given = readAddress(attributes, type, family);
  const inner = toPrefixBits(family, given ? bits : 0);
  return { address: maskAddress(given ?? none, inner), bits: inner };
}

function readNextHops(attributes: Attributes, family: Family): NextHop[] {
  const several = attributes.get(abi.RTA_MULTIPATH);
  if (!several) return [{ index: readU32(attributes, abi.RTA_OIF), gateway: gatewayOf(attributes, family) }];
  const hops: NextHop[] = [];
  for (let at = 0; at + abi.RTNEXTHOP_BYTES <= several.length; ) {
    const length = several.readUInt16LE(at);
    if (length < abi.RTNEXTHOP_BYTES || at + length > several.length) break;
    const inner = readAttributes(several.subarray(at + abi.RTNEXTHOP_BYTES, at + length));
    hops.push({ index: several.readInt32LE(at + 4), gateway: gatewayOf(inner, family) });
    at += (length + 3) & ~3;
  }
  return hops;
}

function gatewayOf(attributes: Attributes, family: Family): Address | undefined {
  // struct rtvia: u16 family, then the address.
  const via = attributes.get(abi.RTA_VIA);
  return readAddress(attributes, abi.RTA_GATEWAY, family) ?? (via && toAddress(via.subarray(2)));
}

/** Whether it is what `ip route show default` shows as a way out. */
export function isDefaultRoute(route: RouteEvent): boolean {
  return route.type === abi.RTN_UNICAST && route.table === abi.RT_TABLE_MAIN && isForEverything(route);
}

/** `local default dev lo`: everything is delivered to this host. */
export function isLocalDefault(route: RouteEvent): boolean {
  const isByLoopback = route.nextHops[0]?.index === abi.LOOPBACK_INDEX;
  return route.type === abi.RTN_LOCAL && isForEverything(route) && isByLoopback;
}

function isForEverything({ family, destination }: RouteEvent): boolean {
  return destination.bits === (family === 4 ? 96 : 0);
}
