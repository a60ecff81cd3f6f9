// The snapshot that the router's workers decide by, made from config and host facts.
import { parseAddress } from '../base/address.ts';
import type { RouterConfig } from '../config/router.ts';
import type { HostFacts } from '../plan/host-facts.ts';
import type { RouterPolicy, UpstreamPolicy } from '../relay/router-policy.ts';
import { ownAddresses, type ReadyWan } from './router-plan.ts';

export function routerPolicy(
  config: RouterConfig,
  wans: readonly ReadyWan[],
  facts: HostFacts,
  generation: number,
): RouterPolicy {
  return {
    generation,
    wans,
    upstream: upstreamPolicy(config),
    onServerLoss: config.onServerLoss,
    own: ownAddresses(facts),
  };
}

function upstreamPolicy({ server }: RouterConfig): UpstreamPolicy {
  if (server.transport === 'direct') return { transport: 'direct' };
  return {
    transport: 'convert',
    servers: server.addresses.map((address) => ({ address, port: server.port })),
    serverId: server.id,
    keyId: server.keyId,
    key: server.key,
  };
}

/** Loopback in both families, where the TPROXY listeners are. */
export const LOOPBACKS = [parseAddress('127.0.0.1'), parseAddress('::1')] as const;
