// The snapshot that the server's workers judge targets by, made from config and what the host has now.
import { type Address, type Family, familyOf } from '../base/address.ts';
import type { ServerConfig } from '../config/server.ts';
import { readInterfaces } from '../linux/host-facts.ts';
import { hasInternetRoute } from '../linux/internet-route.ts';
import type { EgressPolicy } from '../relay/server/egress.ts';

/** A family counts as reachable when the host has a global address of it and a way to the Internet. */
export function readEgressPolicy(config: ServerConfig): EgressPolicy {
  const own = readInterfaces().flatMap((one) => one.addresses.map(({ address }) => address));
  return {
    families: { v4: isReachable(4, own), v6: isReachable(6, own) },
    own,
    allow: config.egress.allow,
    deny: config.egress.deny,
    allowByKey: new Map(config.keys.map((key) => [key.id, key.egressAllow])),
  };
}

function isReachable(family: Family, own: readonly Address[]): boolean {
  return own.some((address) => familyOf(address) === family) && hasInternetRoute(family);
}
