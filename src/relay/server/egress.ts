// Where the server may dial: an immutable snapshot, and the pure decision for a target.
import { type Address, familyOf, type SocketAddress, sameAddress } from '../../base/address.ts';
import { type Prefix, parsePrefix, prefixContains } from '../../base/prefix.ts';
import type { Families, InPath } from '../../transport/handshake.ts';

export interface EgressPolicy {
  readonly families: Families;
  /** Addresses of the server itself. */
  readonly own: readonly Address[];
  readonly allow: readonly Prefix[];
  readonly deny: readonly Prefix[];
  /** What single keys may reach besides. */
  readonly allowByKey: ReadonlyMap<number, readonly Prefix[]>;
}

const parse = (text: string): Prefix => parsePrefix(text);

// Never, whatever is configured: these name the server itself, or no single host.
const NEVER = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '224.0.0.0/4',
  '255.255.255.255/32',
  '::/128',
  '::1/128',
  'ff00::/8',
].map(parse);

// Not unless allowed: the networks behind and beside the server (RFC 1918, 6598, 3927, 4193), link-local with the
// cloud's metadata address, and the forms of IPv6 that carry an IPv4 address past such a list (RFC 6052, 3056, 4380).
const BY_DEFAULT_NOT = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '192.0.0.0/24',
  '198.18.0.0/15',
  '240.0.0.0/4',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '2002::/16',
  '2001::/32',
  '::/96',
].map(parse);

export type EgressDecision = 'allowed' | 'denied' | 'no-family';

/** For whom something is dialled. */
export interface EgressRequest {
  /** Undefined for somebody without one. */
  readonly keyId: number | undefined;
  /** The network led the flow through this host, on its way to the target. */
  readonly inPath?: InPath;
}

/**
 * May the server dial `target`? An explicit deny beats an allow of the same list.
 * `source` is the address that the kernel would dial from: the target's own means that the target is this host, also
 * where `policy.own` does not know of it (an address of later, a deprecated one).
 */
export function decideEgress(
  policy: EgressPolicy,
  { keyId, inPath }: EgressRequest,
  target: SocketAddress,
  source?: Address,
): EgressDecision {
  const { address } = target;
  const isIn = (prefixes: readonly Prefix[]) => prefixes.some((prefix) => prefixContains(prefix, address));
  if (isIn(NEVER)) return 'denied';
  if (isIn(policy.deny)) return 'denied';
  const isAllowed = isIn(policy.allow) || (keyId !== undefined && isIn(policy.allowByKey.get(keyId) ?? []));
  const isSame = (own: Address) => sameAddress(own, address);
  const isOwn = (source !== undefined && isSame(source)) || policy.own.some(isSame);
  // What is routed through us reaches private targets without us too; it never meant this host.
  const isDoor = inPath ? isOwn : !isAllowed && (isOwn || isIn(BY_DEFAULT_NOT));
  if (isDoor) return 'denied';
  // The kernel's word counts more than what was seen at the start, perhaps before IPv6 was up.
  if (source) return 'allowed';
  const canReach = familyOf(address) === 4 ? policy.families.v4 : policy.families.v6;
  return canReach ? 'allowed' : 'no-family';
}
