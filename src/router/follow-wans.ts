// Starts what tells of the WANs (kernel events, probes) and brings it to the manager.
import type { WanbondError } from '../base/error.ts';
import { startLinkMonitor } from '../linux/netlink/monitor.ts';
import type { Families } from '../transport/handshake.ts';
import { Prober } from '../wan/prober.ts';
import type { FromProber } from '../wan/prober-spec.ts';
import { WanManager, type WanManagerParts } from './wan-manager.ts';

export interface FollowedWans {
  /** Per WAN: what is wrong with it, and what its probes measured. */
  status(): unknown;
  /** False when a thread did not end in time. */
  stop(): Promise<boolean>;
}

export async function followWans(
  parts: WanManagerParts,
  handlers: { onFatal(error: WanbondError): void; onFamilies(families: Families): void },
): Promise<FollowedWans> {
  const manager = new WanManager(parts);
  const prober = startProber(parts, manager, handlers);
  manager.prober = prober;
  manager.update();
  const monitor = await startLinkMonitor({
    // The kernel tells of a lost carrier once a second; these are looked at more often.
    carrierOf: parts.config.wans.map((wan) => wan.interface),
    onEvents: () => manager.onLinkEvent(),
    onOverrun: () => manager.onLinkEvent(),
    onFatal: (error) => handlers.onFatal(error),
  });
  return {
    status: () => manager.status(),
    stop: async () => {
      manager.stop();
      const ended = await Promise.all([monitor.stop(), prober?.stop() ?? true]);
      return ended.every(Boolean);
    },
  };
}

/** Without a server of ours there is nobody to answer. */
function startProber(
  { config }: WanManagerParts,
  manager: WanManager,
  handlers: { onFatal(error: WanbondError): void; onFamilies(families: Families): void },
): Prober | undefined {
  const { server } = config;
  if (server.transport === 'direct') return undefined;
  const onMessage = (message: FromProber): void => {
    if (message.kind === 'families') handlers.onFamilies(message.families);
    else if (message.kind === 'change') manager.onHealthChange(message.all);
    else manager.measurements = message.all;
  };
  const spec = { serverId: server.id, keyId: server.keyId, key: server.key, paths: [] };
  return new Prober(spec, { onMessage, onFatal: (error) => handlers.onFatal(error) });
}
