// Which endpoints have lost the link or the address they stand on, and may go before anything else is decided.
import { formatAddress } from '../../base/address.ts';
import type { LinkFact } from '../../plan/link-fact.ts';
import type { EndpointUndo } from '../../plan/step.ts';

/** What a kernel event says of the things that an endpoint stands on. */
export interface LinkNews {
  readonly kind: string;
  /** Of a link; undefined when the event does not say. */
  readonly name?: string | undefined;
  readonly isRemoved?: boolean;
  readonly isAdminUp?: boolean;
  readonly hasCarrier?: boolean;
}

/** Whether one of the events may take something away from an endpoint; others may wait until a burst has settled. */
export function tellsOfLoss(events: readonly LinkNews[], made: readonly EndpointUndo[]): boolean {
  return events.some((event) => {
    if (event.kind === 'address') return event.isRemoved === true;
    if (event.kind !== 'link' || !made.some(({ device }) => device === event.name)) return false;
    return event.isRemoved === true || event.isAdminUp === false || event.hasCarrier === false;
  });
}

/**
 * Those of `made` whose interface is gone, down or without carrier, or has lost the address; none at all when no other
 * would be left: a running flow that has no subflow dies, one that has a dead one may live to see the link again.
 */
export function lostEndpoints(made: readonly EndpointUndo[], links: readonly LinkFact[]): EndpointUndo[] {
  const lost = made.filter((one) => !stands(one, links));
  return lost.length < made.length ? lost : [];
}

function stands({ device, address }: EndpointUndo, links: readonly LinkFact[]): boolean {
  const link = links.find(({ name }) => name === device);
  if (!link?.isAdminUp || !link.hasCarrier) return false;
  return link.addresses.some((one) => formatAddress(one.address) === address);
}
