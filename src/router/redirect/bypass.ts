// What is never carried unless the operator says so: local and private networks, and what is no single host.
import type { Address } from '../../base/address.ts';
import { maskAddress, type Prefix, parsePrefix } from '../../base/prefix.ts';
import type { InterfaceFact } from '../../plan/host-facts.ts';

// RFC 6890 and its updates; 64:ff9b::/96 is translated by a NAT64 of this site (RFC 6052).
const BUILT_IN = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/127',
  '64:ff9b::/96',
  'fc00::/7',
  'fe80::/10',
  'ff00::/8',
].map((text) => parsePrefix(text));

/** The built-in prefixes, the subnets of our interfaces, the servers, and what is configured. */
export function bypassPrefixes(
  interfaces: readonly InterfaceFact[],
  servers: readonly Address[],
  configured: readonly Prefix[],
): Prefix[] {
  const subnets = interfaces.flatMap((one) =>
    one.addresses.map(({ address, bits }) => ({ address: maskAddress(address, bits), bits })),
  );
  const hosts = servers.map((address) => ({ address, bits: 128 }));
  return [...BUILT_IN, ...subnets, ...hosts, ...configured];
}
