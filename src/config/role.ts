// Which role a config is for, told by the tables that only one of the roles has.
import { WanbondError } from '../base/error.ts';
import { locateToml } from './locate.ts';
import type { Role } from './load.ts';
import type { LocatedConfig } from './located-tree.ts';
import { type Problem, problemAt } from './problem.ts';
import { isTable } from './shared.ts';

const TABLES = {
  router: ['lan', 'wan', 'server', 'redirect', 'socks'],
  server: ['listen', 'key', 'egress'],
} as const satisfies Record<Role, readonly string[]>;

/** The role of a config, or why it has none. @throws ConfigError when it is no TOML */
export const findRole = (text: string, file: string): Role | Problem => roleOf(locateToml(text, file));

function roleOf(file: LocatedConfig): Role | Problem {
  const [isRouter, isServer] = [has(file, 'router'), has(file, 'server')];
  if (isRouter !== isServer) return isRouter ? 'router' : 'server';
  if (!isRouter) {
    const hint = 'A router has [lan], [[wan]] and [server]; a server has [[listen]] and [[key]].';
    return problemAt({ line: 1, column: 1 }, '', "this is neither a router's nor a server's config", hint);
  }
  const of = `of a router it has ${tablesIn(file, 'router')}; of a server ${tablesIn(file, 'server')}`;
  const hint = 'Write a file for each role, or remove what belongs to the other one.';
  return problemAt({ line: 1, column: 1 }, '', `this is the config of both roles: ${of}`, hint);
}

const has = (file: LocatedConfig, role: Role): boolean =>
  TABLES[role].some((key) => file.valueAt([key]) !== undefined);

/** `[lan] (line 3) and [[wan]] (line 9)` */
function tablesIn(file: LocatedConfig, role: Role): string {
  const lineOf = (key: string): number => file.positionOf([key], 'key').line;
  const all = TABLES[role]
    .filter((key) => file.valueAt([key]) !== undefined)
    .toSorted((a, b) => lineOf(a) - lineOf(b))
    .map((key) => `${headerOf(key, file.valueAt([key]))} (line ${lineOf(key)})`);
  return all.length === 1 ? `${all[0]}` : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;
}

function headerOf(key: string, value: unknown): string {
  if (Array.isArray(value)) return `[[${key}]]`;
  return isTable(value) ? `[${key}]` : `\`${key}\``;
}

/** @throws ConfigError, or WanbondError `unknown-role` when the file is for neither role or for both */
export function requireRole(text: string, file: string): Role {
  const role = findRole(text, file);
  if (typeof role === 'string') return role;
  const message = role.message.replace(/^this/, file);
  throw new WanbondError({ code: 'unknown-role', message, hint: role.hint });
}

/** @throws WanbondError `wrong-role` when `values` are of the other role; what is of neither or both, the schema judges. */
export function refuseOtherRole(values: LocatedConfig, file: string, wanted: Role): void {
  const role = roleOf(values);
  if (typeof role !== 'string' || role === wanted) return;
  throw new WanbondError({
    code: 'wrong-role',
    message: `${file} is a ${role}'s config, not a ${wanted}'s: it has ${tablesIn(values, role)}`,
    hint: `\`wanbond ${role} -c ${file}\` runs it; or give the config of a ${wanted}.`,
  });
}
