// What to say of a value that is of another kind than its key takes.
import type * as z from 'zod';
import type { Problem } from './problem.ts';

/** @param own the schema of the key */
export function wrongType(
  expected: string,
  value: unknown,
  key: string,
  own: z.ZodType | undefined,
): Pick<Problem, 'message' | 'hint'> {
  return {
    message: `is ${nameOf(value)}, not ${article(expected)}`,
    hint: typeHint(expected, value, key, own),
  };
}

function typeHint(expected: string, value: unknown, key: string, own: z.ZodType | undefined): string {
  const isTableValue = nameOf(value) === 'a table';
  if (expected === 'array' && isTableValue) return `Write [[${key}]] with two brackets, once for each.`;
  if (expected === 'object' && Array.isArray(value)) return `Write [${key}] with one bracket, once.`;
  if (expected === 'string' && !isTableValue && !Array.isArray(value)) return quotesHint(value, own);
  if (expected === 'array') return 'Put it in brackets, like ["a", "b"].';
  if (typeof value === 'string' && /^\d+$/.test(value)) return 'Remove the quotes.';
  return `Write ${article(expected)}.`;
}

/** Quotes alone do not make a rate of a number. The value is not repeated: it may be a password. */
function quotesHint(value: unknown, own: z.ZodType | undefined): string {
  const [issue] = own?.safeParse(String(value)).error?.issues ?? [];
  const hint: unknown = issue?.code === 'custom' ? issue.params?.['hint'] : undefined;
  if (typeof hint !== 'string') return 'Put it in quotes.';
  return `Put it in quotes, and ${hint.charAt(0).toLowerCase()}${hint.slice(1)}`;
}

const NAMES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a table',
};

function article(expected: string): string {
  return NAMES[expected] ?? expected;
}

export function nameOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Date) return 'a date';
  // As TOML writes them: nan and inf.
  if (typeof value === 'number' && !Number.isFinite(value))
    return String(value).toLowerCase().replace('infinity', 'inf');
  return NAMES[typeof value] ?? typeof value;
}
