// The fast way for a lost WAN: its endpoints go before anything else is decided, so that running flows send again over the
// others what was on its way.
import type { Log } from '../../base/log.ts';
import type { LinkFact } from '../../plan/link-fact.ts';
import { lostEndpoints } from '../../wan/links/lost-links.ts';
import type { JournaledSteps } from '../in-step/journaled-steps.ts';

/** @param links as they are now: an event of a loss may be older than the link's return. @throws WanbondError */
export function cutLost(links: readonly LinkFact[], made: JournaledSteps, log: Log): void {
  const lost = lostEndpoints(made.ofKind('endpoint'), links);
  made.takeBack(lost);
  for (const { device, address } of lost) log.info({ device, address }, 'endpoint lost its link, deleted');
}
