// Netlink datagrams to events, and the requests that ask for the same. Bytes in, bytes out.
import { AF_INET, AF_INET6, AF_UNSPEC } from '../constants.ts';
import * as abi from './abi.ts';
import { type AddressEvent, readInterfaceAddress } from './address-message.ts';
import { encodeAttribute, encodeU32 } from './attribute.ts';
import { type LinkEvent, readLink } from './link-message.ts';
import type { NetlinkMessage } from './message.ts';
import { type RouteEvent, readRoute } from './route-message.ts';

/** A routing rule came or went: which one is for `ip rule` to tell. */
export interface RuleEvent {
  readonly kind: 'rule';
}

export type RouteNetlinkEvent = LinkEvent | AddressEvent | RouteEvent | RuleEvent;

/** Undefined for messages of other kinds and for those that are cut short. */
export function readRouteNetlink(message: NetlinkMessage): RouteNetlinkEvent | undefined {
  switch (message.type) {
    case abi.RTM_NEWLINK:
    case abi.RTM_DELLINK:
      return readLink(message);
    case abi.RTM_NEWADDR:
    case abi.RTM_DELADDR:
      return readInterfaceAddress(message);
    case abi.RTM_NEWROUTE:
    case abi.RTM_DELROUTE:
      return readRoute(message);
    case abi.RTM_NEWRULE:
    case abi.RTM_DELRULE:
      return { kind: 'rule' };
    default:
      return undefined;
  }
}

export interface NetlinkRequest {
  readonly type: number;
  /** NLM_F_*, beside those that every request of its kind has. */
  readonly flags?: number;
  readonly body: Buffer;
}

/** Every interface, without its counters. */
export function linksRequest(): NetlinkRequest {
  const header = Buffer.alloc(abi.IFINFOMSG_BYTES);
  header[0] = AF_UNSPEC;
  const mask = encodeU32(abi.IFLA_EXT_MASK, abi.RTEXT_FILTER_SKIP_STATS);
  return { type: abi.RTM_GETLINK, body: Buffer.concat([header, mask]) };
}

/** One interface, by name. */
export function linkRequest(name: string): NetlinkRequest {
  const all = linksRequest();
  const wanted = encodeAttribute(abi.IFLA_IFNAME, Buffer.from(`${name}\0`));
  return { type: all.type, body: Buffer.concat([all.body, wanted]) };
}

/** Every address of every family. */
export function addressesRequest(): NetlinkRequest {
  return { type: abi.RTM_GETADDR, body: Buffer.alloc(abi.IFADDRMSG_BYTES) };
}

/** The routes of one table; a kernel that does not filter sends those of all tables. */
export function routesRequest(family: 4 | 6, table: number): NetlinkRequest {
  const header = Buffer.alloc(abi.RTMSG_BYTES);
  header[0] = family === 4 ? AF_INET : AF_INET6;
  return {
    type: abi.RTM_GETROUTE,
    body: Buffer.concat([header, encodeU32(abi.RTA_TABLE, table)]),
  };
}
