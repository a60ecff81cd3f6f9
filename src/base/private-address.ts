// Addresses that lead to no host on the Internet.
import type { Address } from './address.ts';
import { parsePrefix, prefixContains } from './prefix.ts';

// Loopback, RFC 1918, 6598 (behind the provider's translation), 3927 and link-local, 4193.
const PRIVATE = [
  ...['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16'],
  ...['::1/128', 'fc00::/7', 'fe80::/10'],
].map((text) => parsePrefix(text));

export function isPrivate(address: Address): boolean {
  return PRIVATE.some((prefix) => prefixContains(prefix, address));
}
