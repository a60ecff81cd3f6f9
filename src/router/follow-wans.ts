// Starts what tells of the WANs (kernel events, probes, names) and brings it to the manager.
import type { WanbondError } from '../base/error.ts';
import type { Log } from '../base/log.ts';
import { dialledServers, type RouterConfig } from '../config/router.ts';
import { type LinkMonitor, startLinkMonitor } from '../linux/netlink/monitor.ts';
import { type NameAnswers, serverNames } from '../wan/known-servers.ts';
import { Prober } from '../wan/prober.ts';
import type { FromProber } from '../wan/prober-spec.ts';
import { followNames, type NameFollower } from './follow-names.ts';
import type { WanManager } from './wan-manager.ts';

export interface FollowedWans {
  /** Follows what the config names now: another set of interfaces, other names of servers. */
  reconfigure(next: RouterConfig): Promise<void>;
  /** False when a thread did not end in time. */
  stop(): Promise<boolean>;
}

export async function followWans(
  manager: WanManager,
  initial: RouterConfig,
  log: Log,
  onFatal: (error: WanbondError) => void,
): Promise<FollowedWans> {
  let config = initial;
  // Without a server of ours there is nobody to answer.
  const prober = dialledServers(config).length > 0 ? startProber(manager, log, onFatal) : undefined;
  manager.prober = prober;
  manager.update();
  const follow = (known: NameAnswers): NameFollower =>
    followNames({
      names: serverNames(config),
      known,
      directory: config.dataDir,
      log,
      wans: () => manager.askingWans(),
      onChange: (answers) => manager.onNames(answers),
    });
  const watch = (): Promise<LinkMonitor> =>
    startLinkMonitor({
      // The kernel may take a second to tell of a lost carrier; these are looked at.
      carrierOf: devicesOf(config),
      onEvents: (events) => manager.onLinkEvent(events),
      onOverrun: () => manager.onLinkEvent(undefined),
      onFatal,
    });
  let names = follow(new Map());
  if (names.answers.size > 0) manager.onNames(names.answers);
  manager.onTrouble = () => names.hurry();
  let monitor = await watch();
  let changing: Promise<unknown> = Promise.resolve();
  return {
    reconfigure: async (next) => {
      const before = config;
      config = next;
      if (serverNames(before).join() !== serverNames(next).join()) {
        names.stop();
        names = follow(names.answers);
        manager.onNames(names.answers);
      }
      if (devicesOf(before).join() === devicesOf(next).join()) return;
      // The new one first: no event is missed in between.
      const old = monitor;
      const starting = watch();
      changing = starting.catch(() => undefined);
      monitor = await starting;
      await old.stop();
    },
    stop: async () => {
      await changing;
      manager.stop();
      names.stop();
      const ended = await Promise.all([monitor.stop(), prober?.stop() ?? true]);
      return ended.every(Boolean);
    },
  };
}

const devicesOf = ({ wans }: RouterConfig): string[] => wans.map((wan) => wan.interface);

function startProber(manager: WanManager, log: Log, onFatal: (error: WanbondError) => void): Prober {
  const onMessage = (message: FromProber): void => {
    if (message.kind === 'families') manager.onFamilies(message.server, message.families);
    else if (message.kind === 'pipelining') manager.onPipelining(message.server, message.isTaken);
    else if (message.kind === 'measurements') manager.onMeasurements(message.all);
    else {
      const { wan, server, reason } = message;
      log.debug({ wan, server, reason }, 'a path has changed');
      manager.onHealthChange(message.all);
    }
  };
  return new Prober({ onMessage, onFatal });
}
