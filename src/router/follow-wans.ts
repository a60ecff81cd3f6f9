// Starts what tells of the WANs (kernel events, probes, names) and brings it to the manager.
import type { WanbondError } from '../base/error.ts';
import { startLinkMonitor } from '../linux/netlink/monitor.ts';
import { convertServers, serverNames } from '../wan/known-servers.ts';
import { Prober } from '../wan/prober.ts';
import type { FromProber } from '../wan/prober-spec.ts';
import { followNames } from './follow-names.ts';
import { type WanManager, type WanManagerParts } from './wan-manager.ts';

export interface FollowedWans {
  /** False when a thread did not end in time. */
  stop(): Promise<boolean>;
}

export async function followWans(
  manager: WanManager,
  { config, log }: WanManagerParts,
  onFatal: (error: WanbondError) => void,
): Promise<FollowedWans> {
  // Without a server of ours there is nobody to answer.
  const prober = convertServers(config).length > 0 ? startProber(manager, onFatal) : undefined;
  manager.prober = prober;
  manager.update();
  const names = followNames({
    names: serverNames(config),
    directory: config.dataDir,
    log,
    wans: () => manager.askingWans(),
    onChange: (answers) => manager.onNames(answers),
  });
  if (names.answers.size > 0) manager.onNames(names.answers);
  manager.onTrouble = () => names.hurry();
  const monitor = await startLinkMonitor({
    // The kernel may take a second to tell of a lost carrier; these are looked at.
    carrierOf: config.wans.map((wan) => wan.interface),
    onEvents: (events) => manager.onLinkEvent(events),
    onOverrun: () => manager.onLinkEvent(undefined),
    onFatal,
  });
  return {
    stop: async () => {
      manager.stop();
      names.stop();
      const ended = await Promise.all([monitor.stop(), prober?.stop() ?? true]);
      return ended.every(Boolean);
    },
  };
}

function startProber(manager: WanManager, onFatal: (error: WanbondError) => void): Prober {
  const onMessage = (message: FromProber): void => {
    if (message.kind === 'families') manager.onFamilies(message.server, message.families);
    else if (message.kind === 'change') manager.onHealthChange(message.all);
    else manager.onMeasurements(message.all);
  };
  return new Prober({ onMessage, onFatal });
}
