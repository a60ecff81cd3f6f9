// Brings the default routes that stand in for dead WANs in step with what is wanted.
import type { HostFacts } from '../../plan/host-facts.ts';
import type { DefaultRoute } from '../../plan/step.ts';
import type { JournaledSteps } from './journaled-steps.ts';

/** @throws WanbondError */
export function bringStandInsInStep(
  standIns: readonly DefaultRoute[],
  facts: HostFacts,
  made: JournaledSteps,
): void {
  const ours = made.ofKind('default-route');
  made.takeBack(ours.filter((undo) => !standIns.some((one) => sameRoute(one, undo.route))));
  made.apply(
    standIns.filter((one) => !ours.some((undo) => sameRoute(one, undo.route))),
    facts,
  );
}

function sameRoute(a: DefaultRoute, b: DefaultRoute): boolean {
  return a.family === b.family && a.device === b.device && a.gateway === b.gateway;
}
