// Brings the MPTCP endpoints in step with the WANs that may be used. Deleting one makes the kernel send what was on its
// way over the others; adding one brings it into running flows.
import type { Log } from '../../base/log.ts';
import type { HostFacts } from '../../plan/host-facts.ts';
import { endpointRounds } from './endpoint-rounds.ts';
import type { JournaledSteps } from '../in-step/journaled-steps.ts';
import { type BondedWan, wanSteps } from '../plan/router-plan.ts';
import { WornEndpoints } from './worn-endpoints.ts';

/** What the devices below endpoints are good for now. */
export interface DeviceView {
  /** No WAN that may ever be used now is on it. */
  isOff(device: string): boolean;
  /** Its WAN is well. */
  isWell(device: string): boolean;
}

export class EndpointsInStep {
  private readonly made: JournaledSteps;
  private readonly log: Log;
  private readonly worn = new WornEndpoints();

  constructor(made: JournaledSteps, log: Log) {
    this.made = made;
    this.log = log;
  }

  /**
   * To be called whenever a WAN has become well or ceased to be. @throws WanbondError the first failure, after all were
   * tried: what is in the way of one WAN must not keep the others from theirs
   */
  bring(bonded: readonly BondedWan[], devices: DeviceView, facts: HostFacts): void {
    const made = this.made.ofKind('endpoint');
    const worn = this.worn.observe(made, (device) => devices.isWell(device), performance.now());
    // The last endpoints stay while no WAN is usable: a flow with a dead subflow lives longer than one without any.
    if (bonded.length === 0) {
      // But off is off.
      this.made.takeBack(made.filter(({ device }) => devices.isOff(device)));
      return;
    }
    let { endpoints } = facts;
    const failures: unknown[] = [];
    for (const { remove, add } of endpointRounds({ steps: wanSteps(bonded, facts), made, worn, endpoints })) {
      endpoints = endpoints.filter((one) => !remove.some((undo) => undo.id === one.id));
      failures.push(...this.made.exchange(remove, add, { ...facts, endpoints }));
    }
    if (failures.length > 0) throw failures[0];
    for (const { device, address } of worn)
      this.log.info({ device, address }, 'WAN back, endpoint made anew');
  }
}
