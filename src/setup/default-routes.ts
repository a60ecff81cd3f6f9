// The default routes of this host as one list: what is a WAN is told by them.
import type { Family } from '../base/address.ts';
import type { LinkFact } from '../plan/link-fact.ts';

export interface DefaultRoute {
  readonly device: string;
  readonly family: Family;
  readonly metric: number;
}

/** IPv4 before IPv6, then the best metric first; a route over several links is one for each. */
export function defaultRoutesOf(links: readonly LinkFact[]): DefaultRoute[] {
  return links
    .flatMap(({ name, defaultRoutes }) =>
      defaultRoutes.map(({ family, metric }) => ({ device: name, family, metric })),
    )
    .sort((a, b) => a.family - b.family || a.metric - b.metric);
}
