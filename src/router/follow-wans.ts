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
  /**
   * Follows what another config names: its interfaces, its names of servers.
   *
   * @param takeOver brings the rest to that config, once nothing that follows it can fail any more
   * @throws WanbondError, or what `takeOver` throws: then everything is followed as before
   */
  reconfigure(next: RouterConfig, takeOver: () => void): Promise<void>;
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
  const follow = (of: RouterConfig, known: NameAnswers): NameFollower =>
    followNames({
      names: serverNames(of),
      known,
      directory: of.dataDir,
      log,
      wans: () => manager.askingWans(),
      onChange: (answers) => manager.onNames(answers),
    });
  const watch = (of: RouterConfig): Promise<LinkMonitor> =>
    startLinkMonitor({
      // The kernel may take a second to tell of a lost carrier; these are looked at.
      carrierOf: devicesOf(of),
      onEvents: (events) => manager.onLinkEvent(events),
      onOverrun: () => manager.onLinkEvent(undefined),
      onFatal,
    });
  let names = follow(config, new Map());
  if (names.answers.size > 0) manager.onNames(names.answers);
  manager.onTrouble = () => names.hurry();
  let monitor = await watch(config);
  const change = async (next: RouterConfig, takeOver: () => void): Promise<void> => {
    const before = config;
    const isWatched = devicesOf(before).join() === devicesOf(next).join();
    // The new one first: no event is missed in between.
    const started = isWatched ? undefined : await watch(next);
    try {
      takeOver();
    } catch (error) {
      await started?.stop();
      throw error;
    }
    config = next;
    if (serverNames(before).join() !== serverNames(next).join()) {
      names.stop();
      names = follow(next, names.answers);
      manager.onNames(names.answers);
    }
    if (!started) return;
    const old = monitor;
    monitor = started;
    await old.stop();
  };
  let changing: Promise<unknown> = Promise.resolve();
  return {
    reconfigure: (next, takeOver) => {
      const changed = change(next, takeOver);
      changing = changed.catch(() => undefined);
      return changed;
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
