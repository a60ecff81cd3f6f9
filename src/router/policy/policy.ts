// The snapshot that the router's workers decide by, made from config, WANs and host facts.
import { dialledServers, type RouterConfig } from '../../config/router.ts';
import type { HostFacts } from '../../plan/host-facts.ts';
import type { RouterPolicy, ServerPolicy } from '../../relay/router/router-policy.ts';
import type { PathHints } from '../../transport/handshake.ts';
import { destinationsOf, type KnownServer } from '../../wan/servers/known-servers.ts';
import { ownAddresses } from '../plan/router-plan.ts';
import type { FastOpenWans } from './fast-open-wans.ts';
import type { WanState } from '../wans/wan-state.ts';

/** What the policy is made of besides the config. */
export interface PolicyView {
  readonly state: Pick<WanState, 'order' | 'servers'>;
  readonly facts: HostFacts;
  readonly hints: PathHints;
  readonly fastOpen: Pick<FastOpenWans, 'isLost'>;
}

export function routerPolicy(
  config: RouterConfig,
  { state, facts, hints, fastOpen }: PolicyView,
): RouterPolicy {
  return {
    wans: state.order.map((wan) => ({
      ...wan,
      mayFastOpen: config.relay.fastOpen && !fastOpen.isLost(wan.name),
    })),
    hints,
    upstream:
      dialledServers(config).length === 0
        ? { transport: 'direct' }
        : { transport: 'servers', servers: serversToTry(config, state).map(serverPolicy) },
    directWithoutServer: config.onServerLoss === 'direct',
    own: ownAddresses(facts),
  };
}

/** Lost ones are not waited for when flows may go out without them; else there is nothing better than to try. */
function serversToTry(config: RouterConfig, { servers }: Pick<WanState, 'servers'>): readonly KnownServer[] {
  if (servers.alive.length > 0 || config.onServerLoss === 'direct') return servers.alive;
  return servers.current ? [servers.current] : [];
}

function serverPolicy(server: KnownServer): ServerPolicy {
  const { label, protocol, takesPipelined } = server;
  return { label, addresses: destinationsOf(server), protocol, takesPipelined };
}

/** What is thought of paths before anything was measured. */
export const CLEAN_PATHS: PathHints = { isLossy: false };

/** Nothing has been tried yet. */
export const NOTHING_LOST: Pick<FastOpenWans, 'isLost'> = { isLost: () => false };
