// Starts what tells of the WANs (kernel events, probes, names) and brings it to the manager.
import type { WanbondError } from '../base/error.ts';
import type { Log } from '../base/log.ts';
import type { RouterConfig } from '../config/router.ts';
import type { EventBatch } from '../linux/netlink/event-drain.ts';
import { type NameAnswers, serverNames } from '../wan/servers/known-servers.ts';
import { WanWatch } from '../wan/watch/wan-watch.ts';
import type { FromProber } from '../wan/watch/watch-spec.ts';
import { followNames, type NameFollower } from './servers/follow-names.ts';
import type { WanManager } from './wan-manager.ts';

export interface FollowedWans {
  /** Follows what another config names: its interfaces, its names of servers. */
  reconfigure(next: RouterConfig): void;
  /** False when the thread did not end in time. */
  stop(): Promise<boolean>;
}

/** @throws WanbondError when the kernel's events cannot be heard */
export async function followWans(
  manager: WanManager,
  initial: RouterConfig,
  log: Log,
  onFatal: (error: WanbondError) => void,
): Promise<FollowedWans> {
  let config = initial;
  const watch = await WanWatch.start({
    onLinks: (batch) => onLinks(manager, batch),
    onProber: (message) => onProber(manager, log, message),
    onFatal,
  });
  watch.setCarrierOf(devicesOf(config));
  manager.watch = watch;
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
  let names = follow(config, new Map());
  if (names.answers.size > 0) manager.onNames(names.answers);
  manager.onTrouble = () => names.hurry();
  return {
    reconfigure: (next) => {
      const before = config;
      config = next;
      watch.setCarrierOf(devicesOf(next));
      if (serverNames(before).join() === serverNames(next).join()) return;
      names.stop();
      names = follow(next, names.answers);
      manager.onNames(names.answers);
    },
    stop: () => {
      manager.stop();
      names.stop();
      return watch.stop();
    },
  };
}

const devicesOf = ({ wans }: RouterConfig): string[] => wans.map((wan) => wan.interface);

function onLinks(manager: WanManager, batch: EventBatch): void {
  manager.onLinkEvent(batch.kind === 'events' ? batch.events : undefined);
}

function onProber(manager: WanManager, log: Log, message: FromProber): void {
  if (message.kind === 'families') manager.onFamilies(message.server, message.families);
  else if (message.kind === 'pipelining') manager.onPipelining(message.server, message.isTaken);
  else if (message.kind === 'measurements') manager.onMeasurements(message.all);
  else {
    const { wan, server, reason } = message;
    log.debug({ wan, server, reason }, 'a path has changed');
    manager.onHealthChange(message.all);
  }
}
