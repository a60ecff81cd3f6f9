// What zod found wrong, in the operator's words, with the place in the file and what to do.
import type * as z from 'zod';
import type { LocatedConfig } from './located-tree.ts';
import { formatPath, type Problem } from './problem.ts';
import { childSchema, keysOf, plainKeys, schemaAt } from './schema-walk.ts';
import { suggest } from './suggest.ts';
import { nameOf, wrongType } from './wrong-type.ts';

type Issue = z.core.$ZodIssue;

/** Every issue as problems, in the order of the file. */
export function explain(issues: readonly Issue[], schema: z.ZodType, file: LocatedConfig): Problem[] {
  const problems = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownKey(issue.path, key, schema, file))
      : [problem(issue, schema, file)],
  );
  return problems
    .map((one) => ({ ...one, message: file.inItsWords(one.message), hint: file.inItsWords(one.hint) }))
    .sort((a, b) => a.line - b.line || a.column - b.column);
}

function unknownKey(
  at: readonly PropertyKey[],
  key: string,
  schema: z.ZodType,
  file: LocatedConfig,
): Problem {
  const path = [...at, key];
  const known = keysOf(schemaAt(schema, at));
  return {
    ...file.positionOf(path, 'key'),
    path: file.nameOf(path),
    message: 'unknown key',
    hint: unknownHint(key, known, at.length > 0 ? plainKeys(schema) : []),
  };
}

/** In TOML, what is added at the end of a file goes into its last table, also what belongs to none. */
function unknownHint(key: string, known: readonly string[], atTop: readonly string[]): string {
  const top = atTop.find((one) => one === key.replaceAll('_', '-'));
  if (top !== undefined) return `\`${top}\` belongs at the top of the file, before the first [table].`;
  const close = suggest(key, known);
  return close ? `did you mean \`${close}\`?` : `known here: ${known.join(', ')}.`;
}

function problem(issue: Issue, schema: z.ZodType, file: LocatedConfig): Problem {
  const value = file.valueAt(issue.path);
  const part = value === undefined ? 'key' : 'value';
  const words = wording(issue, value, schema);
  return { ...file.positionOf(issue.path, part), path: file.nameOf(issue.path), ...words };
}

function wording(issue: Issue, value: unknown, schema: z.ZodType): Pick<Problem, 'message' | 'hint'> {
  const key = formatPath(issue.path.slice(-1));
  if (issue.code === 'custom') {
    const hint: unknown = issue.params?.['hint'];
    return { message: issue.message, hint: typeof hint === 'string' ? hint : 'Correct the value.' };
  }
  if (value === undefined) return { message: 'is missing', hint: missingHint(issue, key, schema) };
  if (issue.code === 'invalid_type') {
    return wrongType(issue.expected, value, key, schemaAt(schema, issue.path));
  }
  if (issue.code === 'invalid_value') {
    const known = issue.values.map(String);
    const close = typeof value === 'string' ? suggest(value, known) : undefined;
    const all = known.map((option) => JSON.stringify(option)).join(' or ');
    return {
      message:
        typeof value === 'string'
          ? `${JSON.stringify(value)} is not known here`
          : `is ${nameOf(value)}, not a string`,
      hint: close ? `did you mean ${JSON.stringify(close)}?` : `Write ${all}.`,
    };
  }
  if (issue.code === 'too_small')
    return { message: 'is an empty list', hint: `Give at least ${issue.minimum}.` };
  return { message: issue.message, hint: 'Correct the value.' };
}

function missingHint(issue: Issue, key: string, schema: z.ZodType): string {
  const parent = formatPath(issue.path.slice(0, -1).filter((part) => typeof part !== 'number'));
  const expected = 'expected' in issue ? issue.expected : undefined;
  if (expected === 'object') return `Add the table [${key}].`;
  const own = childSchema(schemaAt(schema, issue.path.slice(0, -1)), key);
  if (expected === 'array' && keysOf(childSchema(own, 0)).length > 0)
    return `Add at least one table [[${key}]].`;
  const list = expected === 'array' ? '[...]' : '...';
  return `Add \`${key} = ${list}\`${parent === '' ? '' : ` to [${parent}]`}.`;
}
