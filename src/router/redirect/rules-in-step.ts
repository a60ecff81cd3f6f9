// Brings the rules that lead carried flows to the relay in step with the LAN interfaces and with the rules of others. The
// new place is taken before the old one is left: no packet of a carried flow goes astray in between. And the route that
// they lead to is put back: it goes with the loopback interface, or with whoever flushes its table.
import type { Log } from '../../base/log.ts';
import type { HostFacts } from '../../plan/host-facts.ts';
import { localRoute, type MarkedTraffic, routedFamilies, ruleSteps } from '../../plan/marked-traffic.ts';
import { rulePriority } from '../../plan/rule-place.ts';
import type { MarkRule } from '../../plan/step.ts';
import type { JournaledSteps } from '../in-step/journaled-steps.ts';

/** @throws WanbondError */
export function bringRulesInStep(
  traffic: MarkedTraffic,
  facts: HostFacts,
  made: JournaledSteps,
  log: Log,
): void {
  for (const family of routedFamilies(facts)) {
    const rules = facts.rules.filter((rule) => rule.family === family);
    const priority = rulePriority(rules, traffic);
    if (priority === undefined) {
      log.warn(`carried flows over IPv${family} follow a rule of another program; see \`wanbond check\``);
      continue;
    }
    const wanted = ruleSteps(traffic, family, priority);
    made.apply([localRoute(traffic, family), ...wanted], facts);
    made.takeBack(
      made
        .ofKind('rule')
        .filter(({ rule }) => rule.family === family && !wanted.some((one) => sameRule(one, rule))),
    );
  }
}

function sameRule(a: MarkRule, b: MarkRule): boolean {
  return (
    a.family === b.family &&
    a.priority === b.priority &&
    a.device === b.device &&
    a.mark === b.mark &&
    a.mask === b.mask &&
    a.table === b.table
  );
}
