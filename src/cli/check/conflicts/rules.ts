// Routing rules and our routing table: who comes before us, and who has our number.
import type { RuleFact } from '../../../linux/conflict-facts.ts';
import { hex } from '../../../plan/step.ts';
import { type Finding, fail, ok, warn } from '../finding.ts';
import type { ConflictContext } from './context.ts';

const SUBJECT = 'routing rules';
const LOCAL_TABLE = 'local';
const MAIN_PRIORITY = 32_766;

export function ruleFindings(context: ConflictContext): Finding[] {
  if (context.method !== 'tproxy') return [];
  const { config, facts } = context;
  const { rulePriority, table } = config.redirect;
  const foreign = facts.rules.filter((rule) => !isOurs(rule, context) && rule.priority < MAIN_PRIORITY);
  const before = foreign.filter((rule) => rule.priority <= rulePriority && takesOurs(rule, context));
  const findings: Finding[] = [];
  if (before.length > 0) {
    const lowest = Math.min(...before.map(({ priority }) => priority));
    const free = freeBelow(lowest, facts.rules);
    findings.push(
      fail(
        SUBJECT,
        `carried flows are taken away by ${list(before)}, which come before ours (${rulePriority})`,
        free === undefined
          ? `Give that rule a priority above ${rulePriority}.`
          : `Set redirect.rule-priority to ${free}, below ${lowest}.`,
      ),
    );
  }
  const same = foreign.filter((rule) => rule.priority === rulePriority && !before.includes(rule));
  if (same.length > 0) {
    const free = freeBelow(rulePriority, facts.rules) ?? rulePriority + 1;
    const hint = `Set redirect.rule-priority to a free one, like ${free}.`;
    findings.push(warn(SUBJECT, `priority ${rulePriority} is in use: ${list(same)}`, hint));
  }
  const users = foreign.filter((rule) => rule.table === String(table));
  const routes = facts.tableRoutes.filter(
    ({ route }) => !/^local (default|::\/0|0\.0\.0\.0\/0) dev lo\b/.test(route),
  );
  if (users.length > 0 || routes.length > 0) {
    const what =
      users.length > 0 ? list(users) : routes.map(({ family, route }) => `IPv${family} ${route}`).join(', ');
    const hint = 'Set redirect.table to a number that neither `ip rule` nor `ip route show table all` shows.';
    findings.push(fail(SUBJECT, `table ${table} is in use: ${what}`, hint));
  }
  return findings.length > 0
    ? findings
    : [ok(SUBJECT, `priority ${rulePriority} and table ${table} are free or ours`)];
}

/** Exactly the rule that we make; made by us or not, it does what ours would. */
function isOurs(rule: RuleFact, { config: { redirect, lan } }: ConflictContext): boolean {
  return (
    rule.priority === redirect.rulePriority &&
    rule.device !== undefined &&
    lan.interfaces.includes(rule.device) &&
    rule.mark === redirect.mark &&
    rule.mask === redirect.markMask &&
    rule.table === String(redirect.table) &&
    !rule.isNegated &&
    !rule.isNarrow
  );
}

/** Whether the packet of a carried flow would be routed by this rule. */
function takesOurs(rule: RuleFact, { config: { redirect, lan } }: ConflictContext): boolean {
  if (rule.device !== undefined && !lan.interfaces.includes(rule.device)) return false;
  if (rule.table === LOCAL_TABLE || rule.table === String(redirect.table)) return false;
  // Without its default route the table knows no target of a carried flow.
  if (rule.isNarrow || rule.suppressPrefixLength !== undefined) return false;
  if (rule.mark === undefined) return !rule.isNegated;
  const isMatch = (redirect.mark & rule.mask) >>> 0 === rule.mark;
  return isMatch !== rule.isNegated;
}

function freeBelow(priority: number, rules: readonly RuleFact[]): number | undefined {
  const used = new Set(rules.map((rule) => rule.priority));
  for (let one = priority - 1; one > 0; one--) if (!used.has(one)) return one;
  return undefined;
}

function list(rules: readonly RuleFact[]): string {
  return [...new Set(rules.map(describeRule))].join(', ');
}

function describeRule({ family, priority, isNegated, device, mark, mask, table }: RuleFact): string {
  const full = mask === 0xffff_ffff;
  const what = mark === undefined ? 'all' : `fwmark ${hex(mark)}${full ? '' : `/${hex(mask)}`}`;
  const from = device === undefined ? '' : `iif ${device} `;
  return `IPv${family} rule ${priority} (${isNegated ? 'not ' : ''}${from}${what} lookup ${table ?? 'nothing'})`;
}
