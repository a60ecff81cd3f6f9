// The fast way for a lost WAN: its endpoints go before anything else is decided, so that running flows send again over the
// others what was on its way.
import type { Log } from '../base/log.ts';
import { takeBack } from '../linux/apply-plan.ts';
import type { LinkFact } from '../plan/link-fact.ts';
import type { Journal } from '../plan/journal.ts';
import { lostEndpoints } from '../wan/lost-links.ts';

/** @param links as they are now: an event of a loss may be older than the link's return. @throws WanbondError */
export function cutLost(links: readonly LinkFact[], journal: Journal, log: Log): void {
  const lost = lostEndpoints(
    journal.entries.filter((undo) => undo.kind === 'endpoint'),
    links,
  );
  if (lost.length === 0) return;
  const [failure] = takeBack(lost, journal);
  if (failure) throw failure;
  for (const { device, address } of lost) log.info({ device, address }, 'endpoint lost its link, deleted');
}
