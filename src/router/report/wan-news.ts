// Tells the operator which WANs and servers come and go, each change once.
import type { Log } from '../../base/log.ts';
import type { RouterConfig } from '../../config/router.ts';
import type { ServerChoice } from '../../wan/servers/server-choice.ts';

/** By WAN name: what is wrong with it; undefined when nothing is. */
export type WanHealth = ReadonlyMap<string, string | undefined>;

/** Returns whether there was anything to tell. */
export function tellWans(before: WanHealth, now: WanHealth, log: Log): boolean {
  const changed = [...now].filter(([wan, reason]) => before.get(wan) !== reason);
  for (const [wan, reason] of changed) {
    if (reason === undefined) log.info({ wan }, 'WAN up');
    else log.warn({ wan, reason }, 'WAN down');
  }
  return changed.length > 0;
}

/** Returns whether there was anything to tell; there is not at the start. */
export function tellServers(
  before: ServerChoice | undefined,
  now: ServerChoice,
  config: RouterConfig,
  log: Log,
): boolean {
  if (!before || textOf(before) === textOf(now)) return false;
  const used = now.alive[0];
  if (used) log.info({ server: used.label }, 'new flows go to this server');
  else log.warn(lostHint(config));
  return true;
}

function textOf({ alive }: ServerChoice): string {
  return alive.map(({ label }) => label).join(' ');
}

function lostHint({ onServerLoss, servers }: RouterConfig): string {
  const who = servers.length > 1 ? 'no server answers' : 'the server does not answer';
  return onServerLoss === 'direct'
    ? `${who}: new flows go out without it, over one WAN each`
    : `${who}: new flows wait for it and are refused (on-server-loss = "block")`;
}
