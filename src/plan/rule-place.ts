// Where the rule that leads marked packets to our sockets has to stand: at the priority of the config, unless another
// program's rule would take them before that. The kernel gives a rule without a priority (wg-quick's, say) the place
// before all others.
import type { MarkedTraffic } from './marked-traffic.ts';
import { isLike, type RuleFact } from './rule-fact.ts';

const LOCAL_TABLE = 255;

/** At or before the config's priority, in the order of priorities: those that the packets would follow. */
export function rulesBefore(rules: readonly RuleFact[], traffic: MarkedTraffic): RuleFact[] {
  return rules
    .filter((rule) => rule.priority <= traffic.rulePriority && takesMarked(rule, traffic))
    .toSorted((a, b) => a.priority - b.priority);
}

/** For all rules of one family, or of both; undefined when there is no room before the first of them. */
export function rulePriority(rules: readonly RuleFact[], traffic: MarkedTraffic): number | undefined {
  const [first] = rulesBefore(rules, traffic);
  if (!first) return traffic.rulePriority;
  const foreign = rules.filter((rule) => !isOurs(rule, traffic));
  return freePriority(first.priority, foreign);
}

/** The next one before `priority` that no rule has. */
export function freePriority(priority: number, rules: readonly RuleFact[]): number | undefined {
  const used = new Set(rules.map((rule) => rule.priority));
  for (let one = priority - 1; one > 0; one--) if (!used.has(one)) return one;
  return undefined;
}

/** A rule that we make, wherever it stands; made by us or not, it does what ours would. */
export function isOurs(rule: RuleFact, { devices, mark, mask, table }: MarkedTraffic): boolean {
  return devices.some((device) => isLike(rule, { device, mark, mask, table }));
}

/** Whether such a packet would be routed by this rule. */
function takesMarked(rule: RuleFact, { devices, mark, table }: MarkedTraffic): boolean {
  if (rule.device !== undefined && !devices.includes(rule.device)) return false;
  if (rule.table === LOCAL_TABLE || rule.table === table) return false;
  // Without its default route the table knows no target of a carried flow.
  if (rule.isNarrow || rule.suppressPrefixLength !== undefined) return false;
  if (rule.mark === undefined) return !rule.isNegated;
  const isMatch = (mark & rule.mask) >>> 0 === rule.mark;
  return isMatch !== rule.isNegated;
}
