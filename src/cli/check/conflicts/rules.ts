// Routing rules and our routing table: who comes before us, and who has our number.
import type { RuleFact } from '../../../plan/rule-fact.ts';
import { freePriority, isOurs, rulesBefore } from '../../../plan/rule-place.ts';
import { hex } from '../../../plan/step.ts';
import { carriedTraffic } from '../../../router/plan/router-plan.ts';
import { type Finding, fail, ok, warn } from '../finding.ts';
import type { ConflictContext } from './context.ts';

const SUBJECT = 'routing rules';
const MAIN_PRIORITY = 32_766;

export function ruleFindings(context: ConflictContext): Finding[] {
  if (context.method !== 'tproxy') return [];
  const { config, facts } = context;
  const { rulePriority, table } = config.redirect;
  const carried = carriedTraffic(config.redirect, config.lan.interfaces);
  const foreign = facts.rules.filter((rule) => !isOurs(rule, carried) && rule.priority < MAIN_PRIORITY);
  const before = rulesBefore(foreign, carried);
  const findings: Finding[] = [];
  const [first] = before;
  if (first) {
    const free = freePriority(first.priority, foreign);
    const what = `carried flows are taken away by ${list(before)}, which come before ours (${rulePriority})`;
    findings.push(
      free === undefined
        ? fail(SUBJECT, what, `Give that rule a priority above ${rulePriority}.`)
        : warn(
            SUBJECT,
            `${what}: while wanbond runs, it moves its own in front`,
            `Set redirect.rule-priority to ${free}, below ${first.priority}.`,
          ),
    );
  }
  const same = foreign.filter((rule) => rule.priority === rulePriority && !before.includes(rule));
  if (same.length > 0) {
    const free = freePriority(rulePriority, foreign) ?? rulePriority + 1;
    const hint = `Set redirect.rule-priority to a free one, like ${free}.`;
    findings.push(warn(SUBJECT, `priority ${rulePriority} is in use: ${list(same)}`, hint));
  }
  const users = foreign.filter((rule) => rule.table === table);
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

function list(rules: readonly RuleFact[]): string {
  return [...new Set(rules.map(describeRule))].join(', ');
}

function describeRule({ family, priority, isNegated, device, mark, mask, table }: RuleFact): string {
  const full = mask === 0xffff_ffff;
  const what = mark === undefined ? 'all' : `fwmark ${hex(mark)}${full ? '' : `/${hex(mask)}`}`;
  const from = device === undefined ? '' : `iif ${device} `;
  return `IPv${family} rule ${priority} (${isNegated ? 'not ' : ''}${from}${what} lookup ${tableName(table)})`;
}

// Those that every host has (RT_TABLE_*); others may have names in /etc/iproute2/rt_tables, and their numbers do.
const TABLES: ReadonlyMap<number, string> = new Map([
  [253, 'default'],
  [254, 'main'],
  [255, 'local'],
]);

function tableName(table: number | undefined): string {
  return table === undefined ? 'nothing' : (TABLES.get(table) ?? String(table));
}
