// Brings the default routes that stand in for dead WANs in step with what is wanted.
import type { HostFacts } from '../../plan/host-facts.ts';
import type { LinkFact } from '../../plan/link-fact.ts';
import { type DefaultRoute, ROUTE_PROTOCOL } from '../../plan/step.ts';
import type { JournaledSteps } from './journaled-steps.ts';

/** @param links as they are now: what manages the network may have removed one of ours. @throws WanbondError */
export function bringStandInsInStep(
  standIns: readonly DefaultRoute[],
  links: readonly LinkFact[],
  facts: HostFacts,
  made: JournaledSteps,
): void {
  const ours = made.ofKind('default-route');
  made.takeBack(ours.filter((undo) => !standIns.some((one) => sameRoute(one, undo.route))));
  made.apply(
    standIns.filter((one) => !ours.some((undo) => sameRoute(one, undo.route)) || !isThere(one, links)),
    facts,
  );
}

function isThere({ family, device }: DefaultRoute, links: readonly LinkFact[]): boolean {
  const link = links.find(({ name }) => name === device);
  return (link?.defaultRoutes ?? []).some((one) => one.family === family && one.protocol === ROUTE_PROTOCOL);
}

function sameRoute(a: DefaultRoute, b: DefaultRoute): boolean {
  return a.family === b.family && a.device === b.device && a.gateway === b.gateway;
}
