// Packets that nftables marks on their way to our sockets, and what routes them there: TPROXY's part of a plan.
import type { HostFacts } from './host-facts.ts';
import { rulePriority } from './rule-place.ts';
import type { LocalRoute, MarkRule, Step } from './step.ts';
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

/** Whether the loopback interface is without IPv6; there is no such setting where the whole kernel is. */
export const LOOPBACK_WITHOUT_IPV6 = 'net.ipv6.conf.lo.disable_ipv6';

/** Those in which a packet can be led to our sockets: without IPv6 the kernel refuses the route for it. */
export function routedFamilies({ sysctls }: HostFacts): Family[] {
  return sysctls.get(LOOPBACK_WITHOUT_IPV6) === '0' ? [4, 6] : [4];
}

export function localRoute({ table }: MarkedTraffic, family: Family): LocalRoute {
  return { kind: 'local-route', family, table };
}

/** What leads it there, at that priority. */
export function ruleSteps(traffic: MarkedTraffic, family: Family, priority: number): MarkRule[] {
  const { devices, mark, mask, table } = traffic;
  return devices.map((device) => ({ kind: 'rule', family, priority, device, mark, mask, table }));
}

export function tproxyRouting(traffic: MarkedTraffic, facts: HostFacts): Step[] {
  return routedFamilies(facts).flatMap((family): Step[] => {
    const own = facts.rules.filter((rule) => rule.family === family);
    return [
      localRoute(traffic, family),
      ...ruleSteps(traffic, family, rulePriority(own, traffic) ?? traffic.rulePriority),
    ];
  });
}
