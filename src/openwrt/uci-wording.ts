// What the schema says of mistakes, which speaks of TOML, in the words of UCI.
import { childSchema, isList, keysOf, tableOf } from '../config/schema-walk.ts';
import type * as z from 'zod';
import { MAIN, optionName, topSchema } from './section-types.ts';

const ROLES = ['router', 'server'] as const;

/** Every plain key of a role, as often as it occurs, with its schema. */
function plainEntries(schema: z.ZodType): { readonly key: string; readonly schema: z.ZodType }[] {
  return keysOf(schema).flatMap((key) => {
    const child = childSchema(schema, key);
    const table = tableOf(child);
    if (table) return plainEntries(table);
    return child ? [{ key, schema: child }] : [];
  });
}

const ENTRIES = ROLES.flatMap((role) => plainEntries(topSchema(role)));
const DASHED = new Set(ENTRIES.map(({ key }) => key).filter((key) => key.includes('-')));
const DASHED_KEY = new RegExp(`(?<![\\w-])(?:${[...DASHED].join('|')})(?![\\w-])`, 'g');
const LISTS = new Set(ENTRIES.filter(({ schema }) => isList(schema)).map(({ key }) => key));

type Replacement = readonly [RegExp, string | ((whole: string, ...groups: string[]) => string)];

// In this order: what a later one would spoil comes first.
const REPLACEMENTS: readonly Replacement[] = [
  [/at the top of the file, before the first \[table\]/g, `to \`config ${MAIN.type} '${MAIN.name}'\``],
  [/Add the table \[([\w-]+)\]/g, 'Add a section, `config $1`'],
  [/Add at least one table \[\[([\w-]+)\]\]/g, 'Add at least one section, `config $1`'],
  [/`([\w-]+) = (?:\.\.\.|\[\.\.\.\])`/g, (_, key = '') => statement(key, '...')],
  // A list of tables in braces is one of sections: users.
  [/Add ([\w-]+) = \[\{.*?\}\]/g, 'Add a `config listen_$1` with name and password for each'],
  [/([\w-]+) = \["?([^",\]]*)"?(?:, [^\]]*)?\]/g, (_, key = '', value = '') => statement(key, value)],
  [/`?\b([\w-]+) = "([^"]*)"`?/g, (_, key = '', value = '') => statement(key, value)],
  [
    /`?\b([\w-]+) = (true|false)`?/g,
    (_, key = '', value = '') => statement(key, value === 'true' ? '1' : '0'),
  ],
  [/\[\[([\w-]+)\]\]/g, '`config $1`'],
  [/(?<!\w)\[([a-z.-]+)\]/g, (_, path = '') => `\`config ${path.replaceAll('.', '_')}\``],
  [/\b(wan|server|key|listen)\[(\d+)\]/g, '@$1[$2]'],
  [/^is a string, not (a number|true or false)$/, 'is not $1'],
  [/^is a list, not .*$/, 'is a list, and takes one value'],
  [/^Write true or false\.$/, 'Write 1 or 0.'],
  [/^Write a string\.$/, 'Write it once, as `option`.'],
  [DASHED_KEY, optionName],
];

const statement = (key: string, value: string): string =>
  `\`${LISTS.has(key) ? 'list' : 'option'} ${key} '${value}'\``;

export function inUciWords(text: string): string {
  return REPLACEMENTS.reduce((words, [from, to]) => words.replace(from, to as string), text);
}
