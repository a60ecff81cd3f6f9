// The values of one figure round by round, and what is told of them: median, range, and how many rounds gave one.
import { median } from '../../src/lab/measure/median.ts';
import type { Result } from '../results.ts';

/** In the order of the rounds; undefined where one failed. */
export type Rounds = readonly (number | undefined)[];

export interface Summary {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /** Rounds that gave a value, at least one, of those that were run. */
  readonly rounds: number;
  readonly of: number;
}

export interface Place {
  readonly variant: string;
  readonly method: string;
  readonly metric: string;
}

export function resultOf(results: readonly Result[], { variant, method, metric }: Place): Result | undefined {
  return results.find((one) => one.variant === variant && one.method === method && one.metric === metric);
}

/** Empty where it was not measured. */
export const roundsOf = (results: readonly Result[], place: Place): Rounds =>
  resultOf(results, place)?.values ?? [];

/** Values of the same round are put together; undefined where one is missing or the outcome is no finite number. */
export function combine(parts: readonly Rounds[], together: (...values: number[]) => number): Rounds {
  if (parts.some((part) => part.length === 0)) return [];
  return Array.from({ length: Math.max(...parts.map((part) => part.length)) }, (_, round) => {
    const values = parts.map((part) => part[round]).filter((value) => value !== undefined);
    const outcome = values.length === parts.length ? together(...values) : Number.NaN;
    return Number.isFinite(outcome) ? outcome : undefined;
  });
}

/** Undefined when no round gave a value. */
export function summarize(rounds: Rounds): Summary | undefined {
  const values = rounds.filter((value) => value !== undefined);
  const middle = median(values);
  if (middle === undefined) return undefined;
  return {
    median: middle,
    least: Math.min(...values),
    most: Math.max(...values),
    rounds: values.length,
    of: rounds.length,
  };
}
