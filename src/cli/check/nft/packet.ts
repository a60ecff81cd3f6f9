// A packet as far as a rule may ask about it, and the value of an nft expression for it.
import type { Family } from '../../../base/address.ts';
import type { Prefix } from '../../../base/prefix.ts';
import { arrayOf, asJson, textOf } from './ruleset.ts';

/** The first packet of a TCP connection from a LAN device. */
export interface Packet {
  readonly family: Family;
  readonly iifname: string;
  /** Undefined before routing, and for what stays on this host. */
  readonly oifname: string | undefined;
  /** Undefined: other programs may have set anything. */
  readonly mark: number | undefined;
  readonly source: Prefix | undefined;
  readonly target: Prefix | undefined;
  readonly targetPort: number;
  /** Bits of `ct status`: dnat for a redirected connection. */
  readonly ctStatus: readonly string[];
  /** How the target looks to a `fib daddr type`. */
  readonly targetType: 'local' | 'unicast';
  /** It is on its way to a socket that takes packets for others (TPROXY). */
  readonly isTransparent: boolean;
}

export type Value =
  | { readonly kind: 'scalar'; readonly value: string | number }
  | { readonly kind: 'flags'; readonly values: readonly string[] }
  | { readonly kind: 'prefix'; readonly prefix: Prefix }
  /** Depends on what we do not know. */
  | { readonly kind: 'unknown' }
  /** The packet has no such thing: whatever is asked about it, the rule does not match. */
  | { readonly kind: 'absent' };

const UNKNOWN: Value = { kind: 'unknown' };
const ABSENT: Value = { kind: 'absent' };
const scalar = (value: string | number | undefined): Value =>
  value === undefined ? UNKNOWN : { kind: 'scalar', value };
const prefix = (value: Prefix | undefined): Value =>
  value === undefined ? UNKNOWN : { kind: 'prefix', prefix: value };

export function valueOf(expression: unknown, packet: Packet): Value {
  const json = asJson(expression);
  if (!json) return UNKNOWN;
  const key = textOf(asJson(json['meta'] ?? json['ct'] ?? json['socket'])?.['key']) ?? '';
  if ('meta' in json) return metaValue(key, packet);
  if ('ct' in json) return ctValue(key, packet);
  if ('socket' in json) return key === 'transparent' ? scalar(packet.isTransparent ? 1 : 0) : UNKNOWN;
  if ('payload' in json) return payloadValue(asJson(json['payload']) ?? {}, packet);
  if ('fib' in json) return fibValue(asJson(json['fib']) ?? {}, packet);
  if ('&' in json) return maskedValue(arrayOf(json['&']), packet);
  return UNKNOWN;
}

function metaValue(key: string, packet: Packet): Value {
  switch (key) {
    case 'iifname':
    case 'iif':
      return scalar(packet.iifname);
    case 'oifname':
    case 'oif':
      return packet.oifname === undefined ? ABSENT : scalar(packet.oifname);
    case 'l4proto':
      return scalar('tcp');
    case 'nfproto':
      return scalar(`ipv${packet.family}`);
    case 'protocol':
      return scalar(packet.family === 4 ? 'ip' : 'ip6');
    case 'pkttype':
      return scalar('host');
    case 'mark':
      return scalar(packet.mark);
    default:
      return UNKNOWN;
  }
}

function ctValue(key: string, packet: Packet): Value {
  switch (key) {
    case 'state':
      return { kind: 'flags', values: ['new'] };
    case 'status':
      return { kind: 'flags', values: packet.ctStatus };
    case 'direction':
      return scalar('original');
    default:
      return UNKNOWN;
  }
}

function payloadValue({ protocol, field }: Readonly<Record<string, unknown>>, packet: Packet): Value {
  if (protocol === 'tcp' || protocol === 'th') {
    if (field === 'dport') return scalar(packet.targetPort);
    return field === 'flags' ? { kind: 'flags', values: ['syn'] } : UNKNOWN;
  }
  if (protocol !== (packet.family === 4 ? 'ip' : 'ip6')) return protocol === undefined ? UNKNOWN : ABSENT;
  switch (field) {
    case 'saddr':
      return prefix(packet.source);
    case 'daddr':
      return prefix(packet.target);
    case 'protocol':
    case 'nexthdr':
      return scalar('tcp');
    default:
      return UNKNOWN;
  }
}

function fibValue({ result, flags }: Readonly<Record<string, unknown>>, packet: Packet): Value {
  const asked = typeof flags === 'string' ? [flags] : arrayOf(flags);
  return result === 'type' && asked.includes('daddr') ? scalar(packet.targetType) : UNKNOWN;
}

function maskedValue([inner, mask]: readonly unknown[], packet: Packet): Value {
  const value = valueOf(inner, packet);
  if (value.kind === 'flags') {
    const names = typeof mask === 'string' ? [mask] : arrayOf(mask);
    return { kind: 'flags', values: value.values.filter((name) => names.includes(name)) };
  }
  if (value.kind === 'scalar' && typeof value.value === 'number' && typeof mask === 'number') {
    return scalar((value.value & mask) >>> 0);
  }
  return value.kind === 'absent' ? value : UNKNOWN;
}
