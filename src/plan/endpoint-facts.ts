// MPTCP endpoints of the host, and what they are to a plan: wanted as they are, ours to change, or in the way.
import { formatAddress } from '../base/address.ts';
import { endpointFlags, type EndpointStep, type EndpointUndo, type Undo } from './step.ts';

export interface EndpointFact {
  readonly id: number;
  readonly address: string;
  /** Undefined when bound to none; of one that is gone `if` and its number, as `ip` shows it. */
  readonly device: string | undefined;
  /** The interface is gone: one that comes back under its name is another. */
  readonly isOrphan?: boolean;
  readonly flags: readonly string[];
}

/** There, with all of its flags and no others. */
export function isEndpointSatisfied(step: EndpointStep, endpoints: readonly EndpointFact[]): boolean {
  const wanted = endpointFlags(step.isBackup);
  return endpoints.some(
    (one) =>
      isAt(one, step) &&
      one.flags.length === wanted.length &&
      wanted.every((flag) => one.flags.includes(flag)),
  );
}

/**
 * The one that this run has made for the step, when it only has to become backup or cease to be. It is changed where it
 * is: to delete it would cut the subflows that run over it. @param made what the journal says
 */
export function endpointToChange(
  step: EndpointStep,
  endpoints: readonly EndpointFact[],
  made: readonly Undo[],
): EndpointFact | undefined {
  const there = endpoints.find((one) => isAt(one, step));
  const isOurs = made.some((undo) => undo.kind === 'endpoint' && there && isMadeAs(there, undo));
  return isOurs && !isEndpointSatisfied(step, endpoints) ? there : undefined;
}

/** Whether it is still the one that `undo` speaks of, or what is left of it without its interface. */
export function isMadeAs(endpoint: EndpointFact, undo: EndpointUndo): boolean {
  const isSame = endpoint.id === undo.id && endpoint.address === undo.address;
  return isSame && (endpoint.device === undo.device || endpoint.isOrphan === true);
}

function isAt(endpoint: EndpointFact, { address, device }: EndpointStep): boolean {
  return endpoint.address === formatAddress(address) && endpoint.device === device;
}
