// The snapshot that the server's workers judge targets by, made from config and host facts.
import { familyOf } from '../base/address.ts';
import type { ServerConfig } from '../config/server.ts';
import type { HostFacts } from '../plan/host-facts.ts';
import type { EgressPolicy } from '../relay/egress.ts';

/** A family counts as reachable when the host has a global address of it; a route is asked for at each dial. */
export function egressPolicy(config: ServerConfig, facts: HostFacts): EgressPolicy {
  const own = facts.interfaces.flatMap((one) => one.addresses.map(({ address }) => address));
  const hasFamily = (family: 4 | 6): boolean => own.some((address) => familyOf(address) === family);
  return {
    families: { v4: hasFamily(4), v6: hasFamily(6) },
    own,
    allow: config.egress.allow,
    deny: config.egress.deny,
    allowByKey: new Map(config.keys.map((key) => [key.id, key.egressAllow])),
  };
}
