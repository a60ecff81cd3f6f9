// Brings the MPTCP endpoints in step with the WANs that may be used. Deleting one makes the kernel send what was on its
// way over the others; adding one brings it into running flows.
import { formatAddress } from '../base/address.ts';
import { isMadeAs } from '../plan/endpoint-facts.ts';
import type { HostFacts } from '../plan/host-facts.ts';
import type { JournaledSteps } from './journaled-steps.ts';
import { type BondedWan, wanSteps } from './router-plan.ts';

/** @param isOff whether a device has no WAN that may ever be used now. @throws WanbondError */
export function bringEndpointsInStep(
  bonded: readonly BondedWan[],
  isOff: (device: string) => boolean,
  facts: HostFacts,
  made: JournaledSteps,
): void {
  // The last endpoints stay while no WAN is usable: a flow without any subflow dies, one with a dead one may live on.
  if (bonded.length === 0) {
    // But off is off.
    made.takeBack(made.ofKind('endpoint').filter(({ device }) => isOff(device)));
    return;
  }
  const steps = wanSteps(bonded, facts);
  const wanted = steps.filter((step) => step.kind === 'endpoint');
  const stale = made.ofKind('endpoint').filter(
    (undo) =>
      !wanted.some((step) => formatAddress(step.address) === undo.address && step.device === undo.device) ||
      // Its interface went and came back before we looked: it is bound to the one that is gone.
      facts.endpoints.some((one) => one.isOrphan && isMadeAs(one, undo)),
  );
  made.takeBack(stale);
  const left = facts.endpoints.filter((one) => !stale.some((undo) => undo.id === one.id));
  made.apply(steps, { ...facts, endpoints: left });
}
