// Packets that nftables marks on their way to our sockets, and what routes them there: TPROXY's part of a plan.
import type { HostFacts } from './host-facts.ts';
import { rulePriority } from './rule-place.ts';
import type { MarkRule, Step } from './step.ts';
import type { Family } from '../base/address.ts';

export interface MarkedTraffic {
  /** It comes in by one of them. */
  readonly devices: readonly string[];
  readonly mark: number;
  /** The bits of the mark that are ours. */
  readonly mask: number;
  /** Where everything is local. */
  readonly table: number;
  /** Of the rules that point there, unless others stand before them; see rule-place. */
  readonly rulePriority: number;
}

/** What leads it to our sockets, at that priority. */
export function ruleSteps(traffic: MarkedTraffic, family: Family, priority: number): MarkRule[] {
  const { devices, mark, mask, table } = traffic;
  return devices.map((device) => ({ kind: 'rule', family, priority, device, mark, mask, table }));
}

export function tproxyRouting(traffic: MarkedTraffic, { rules }: HostFacts): Step[] {
  return ([4, 6] as const).flatMap((family): Step[] => {
    const own = rules.filter((rule) => rule.family === family);
    return [
      { kind: 'local-route', family, table: traffic.table },
      ...ruleSteps(traffic, family, rulePriority(own, traffic) ?? traffic.rulePriority),
    ];
  });
}
