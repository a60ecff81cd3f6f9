// In which order endpoints go and come, so that no running flow is left without a subflow where that can be helped: a
// flow that is half closed dies at that moment, whatever net.mptcp.close_timeout says.
import { formatAddress } from '../../base/address.ts';
import { type EndpointFact, isMadeAs } from '../../plan/endpoint-facts.ts';
import type { EndpointUndo, Step } from '../../plan/step.ts';

/** First these go, then those come. */
export interface EndpointRound {
  readonly remove: readonly EndpointUndo[];
  readonly add: readonly Step[];
}

export interface EndpointView {
  /** What the WANs need now; endpoints and what goes with them. */
  readonly steps: readonly Step[];
  /** What this run has made. */
  readonly made: readonly EndpointUndo[];
  /** Those of them whose subflows have slept through an outage: deleted and added again, flows get awake ones. */
  readonly worn: readonly EndpointUndo[];
  /** What the kernel has. */
  readonly endpoints: readonly EndpointFact[];
}

/** Each round builds on the ones before; no step is in two of them. */
export function endpointRounds({ steps, made, worn, endpoints }: EndpointView): EndpointRound[] {
  const stale = made.filter((undo) => isStale(undo, steps, endpoints));
  const renewed = worn.filter((undo) => !stale.includes(undo));
  const isHealthy = (undo: EndpointUndo): boolean => !stale.includes(undo) && !renewed.includes(undo);
  // What is on its way over a lost WAN is sent again at once when its endpoint goes: nothing comes before that.
  if (renewed.length === 0 && (made.some(isHealthy) || stale.length === 0)) {
    return [{ remove: stale, add: steps }];
  }
  // Nothing that stands is of use: what can be made beside it comes first.
  const first = steps.filter((step) => !endpoints.some((one) => isFor(step, one.address)));
  const renewals = renewed.map((undo): EndpointRound => {
    return { remove: [undo], add: steps.filter((step) => isFor(step, undo.address)) };
  });
  const done = new Set([...first, ...renewals.flatMap(({ add }) => add)]);
  return [
    { remove: [], add: first },
    ...renewals,
    { remove: stale, add: steps.filter((step) => !done.has(step)) },
  ];
}

function isStale(undo: EndpointUndo, steps: readonly Step[], endpoints: readonly EndpointFact[]): boolean {
  return (
    !steps.some((step) => isFor(step, undo.address) && step.device === undo.device) ||
    // Its interface went and came back before we looked: it is bound to the one that is gone.
    endpoints.some((one) => one.isOrphan && isMadeAs(one, undo))
  );
}

function isFor(step: Step, address: string): step is Extract<Step, { kind: 'endpoint' }> {
  return step.kind === 'endpoint' && formatAddress(step.address) === address;
}
