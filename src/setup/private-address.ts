// Addresses that do not lead to this host from the Internet.
import type { Address } from '../base/address.ts';
import { parsePrefix, prefixContains } from '../base/prefix.ts';

// RFC 1918, 6598 (behind the provider's translation), 3927, 4193.
const PRIVATE = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  'fc00::/7',
].map((text) => parsePrefix(text));

export function isPrivate(address: Address): boolean {
  return PRIVATE.some((prefix) => prefixContains(prefix, address));
}
