// Where the rule that leads carried flows to the relay has to stand: at the priority of the config, unless another
// program's rule would take them before that. The kernel gives a rule without a priority (wg-quick's, say) the place
// before all others.
import type { RouterConfig } from '../config/router.ts';
import { isLike, type RuleFact } from '../plan/rule-fact.ts';

export type RuleConfig = Pick<RouterConfig, 'redirect' | 'lan'>;

const LOCAL_TABLE = 255;

/** At or before the config's priority, in the order of priorities: those that carried flows would follow. */
export function rulesBefore(rules: readonly RuleFact[], config: RuleConfig): RuleFact[] {
  return rules
    .filter((rule) => rule.priority <= config.redirect.rulePriority && takesCarried(rule, config))
    .toSorted((a, b) => a.priority - b.priority);
}

/** For all rules of one family, or of both; undefined when there is no room before the first of them. */
export function rulePriority(rules: readonly RuleFact[], config: RuleConfig): number | undefined {
  const [first] = rulesBefore(rules, config);
  if (!first) return config.redirect.rulePriority;
  const foreign = rules.filter((rule) => !isOurs(rule, config));
  return freePriority(first.priority, foreign);
}

/** The next one before `priority` that no rule has. */
export function freePriority(priority: number, rules: readonly RuleFact[]): number | undefined {
  const used = new Set(rules.map((rule) => rule.priority));
  for (let one = priority - 1; one > 0; one--) if (!used.has(one)) return one;
  return undefined;
}

/** A rule that we make, wherever it stands; made by us or not, it does what ours would. */
export function isOurs(rule: RuleFact, { redirect, lan }: RuleConfig): boolean {
  const { mark, markMask: mask, table } = redirect;
  return lan.interfaces.some((device) => isLike(rule, { device, mark, mask, table }));
}

/** Whether the packet of a carried flow would be routed by this rule. */
function takesCarried(rule: RuleFact, { redirect, lan }: RuleConfig): boolean {
  if (rule.device !== undefined && !lan.interfaces.includes(rule.device)) return false;
  if (rule.table === LOCAL_TABLE || rule.table === redirect.table) return false;
  // Without its default route the table knows no target of a carried flow.
  if (rule.isNarrow || rule.suppressPrefixLength !== undefined) return false;
  if (rule.mark === undefined) return !rule.isNegated;
  const isMatch = (redirect.mark & rule.mask) >>> 0 === rule.mark;
  return isMatch !== rule.isNegated;
}
