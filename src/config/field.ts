// The kinds of value a config key can have, each with its text for the reference.
import * as z from 'zod';
import { describe, WanbondError } from '../base/error.ts';
import { parsePrefix } from '../base/prefix.ts';
import {
  formatDuration,
  formatPercent,
  formatRate,
  formatSize,
  formatVolume,
  parseDuration,
  parsePercent,
  parseRate,
  parseSize,
  parseVolume,
} from '../base/units.ts';

export interface KeyDoc {
  /** What the operator may write, like `duration, 10ms to 10s`. */
  readonly type: string;
  readonly description: string;
  /** The default as TOML text; undefined when the key is required or absence has its own meaning. */
  readonly default?: string | undefined;
}

/** The reference is written from this, so that no key goes without a description. */
export const keyDocs = z.registry<KeyDoc>();

interface Range {
  readonly min: number;
  readonly max: number;
}

/** Reports one mistake from within a transform or a refinement. */
export function fault(context: z.RefinementCtx, message: string, hint: string, path?: PropertyKey[]): never {
  context.addIssue({ code: 'custom', message, params: { hint }, ...(path && { path }) });
  return z.NEVER;
}

/** `parse`, with its WanbondError turned into a mistake of this key. */
export function parsed<T>(text: string, context: z.RefinementCtx, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof WanbondError) return fault(context, error.message, error.hint);
    return fault(context, describe(error), 'Correct the value.');
  }
}

/** A number with its unit in text: its name, both ways of reading it, and its bounds as text. */
interface Unit {
  readonly kind: string;
  readonly parse: (text: string) => number;
  readonly format: (value: number) => string;
}
interface UnitRange {
  readonly min: string;
  readonly max: string;
}

const DURATION: Unit = { kind: 'duration', parse: parseDuration, format: formatDuration };
const SIZE: Unit = { kind: 'size', parse: parseSize, format: formatSize };
const RATE: Unit = { kind: 'rate', parse: parseRate, format: formatRate };
const VOLUME: Unit = { kind: 'data volume', parse: parseVolume, format: formatVolume };
const PERCENT: Unit = { kind: 'percentage', parse: parsePercent, format: formatPercent };

/** Milliseconds, written like "250ms" or "2h". */
export const duration = (initial: string, range: UnitRange, description: string) =>
  withDefault(DURATION, initial, range, description);

/** Milliseconds, or undefined for "auto", which is the default. */
export const durationOrAuto = (range: UnitRange, description: string) => orAuto(DURATION, range, description);

/** Bytes, or undefined for "auto", which is the default. */
export const sizeOrAuto = (range: UnitRange, description: string) => orAuto(SIZE, range, description);

function orAuto(kind: Unit, range: UnitRange, description: string) {
  const inRange = rangeCheck(kind, range);
  const { type, ...doc } = unitDoc(kind, range, description, 'auto');
  return z
    .string()
    .transform((text, context) => (text === 'auto' ? undefined : inRange(text, context)))
    .prefault('auto')
    .register(keyDocs, { type: `"auto" or ${type}`, ...doc });
}

/** Bytes, written like "16MiB". */
export const size = (initial: string, range: UnitRange, description: string) =>
  withDefault(SIZE, initial, range, description);

/** Bits per second, written like "50mbit"; may be left out. */
export const optionalRate = (range: UnitRange, description: string) => optional(RATE, range, description);

/** Bytes of traffic, written like "50GB"; may be left out. */
export const optionalVolume = (range: UnitRange, description: string) => optional(VOLUME, range, description);

/** A ratio, written like "80%"; may be left out, where `initial` says what that means. */
export const optionalPercent = (initial: string, range: UnitRange, description: string) =>
  optional(PERCENT, range, description, initial);

function withDefault(kind: Unit, initial: string, range: UnitRange, description: string) {
  return unit(kind, range)
    .prefault(initial)
    .register(keyDocs, unitDoc(kind, range, description, initial));
}

function optional(kind: Unit, range: UnitRange, description: string, initial?: string) {
  return unit(kind, range)
    .optional()
    .register(keyDocs, unitDoc(kind, range, description, initial));
}

function unitDoc({ kind }: Unit, range: UnitRange, description: string, initial?: string): KeyDoc {
  const type = `${kind}, ${range.min} to ${range.max}`;
  return { type, description, default: initial && JSON.stringify(initial) };
}

function unit(kind: Unit, range: UnitRange) {
  return z.string().transform(rangeCheck(kind, range));
}

function rangeCheck({ parse, format }: Unit, range: UnitRange) {
  const min = parse(range.min);
  const max = parse(range.max);
  return (text: string, context: z.RefinementCtx): number => {
    const value = parsed(text, context, parse);
    if (value < min) return fault(context, `${format(value)} is too small`, `Use at least ${range.min}.`);
    if (value > max) return fault(context, `${format(value)} is too large`, `Use at most ${range.max}.`);
    return value;
  };
}

/** An integer without default. (Not `z.int()`: its failure would keep refinements of the whole table from running.) */
export function integer({ min, max }: Range) {
  return z.number().transform((value, context) => {
    if (!Number.isInteger(value))
      return fault(context, `${value} is not a whole number`, 'Write a whole number.');
    // Past what a number holds exactly it is no more what was written.
    const shown = Number.isSafeInteger(value) ? `${value} ` : '';
    if (value < min) return fault(context, `${shown}is too small`, `Use at least ${min}.`);
    if (value > max) return fault(context, `${shown}is too large`, `Use at most ${max}.`);
    return value;
  });
}

export function integerOr(initial: number, range: Range, description: string, as = String(initial)) {
  return integer(range)
    .prefault(initial)
    .register(keyDocs, { type: `integer, ${range.min} to ${range.max}`, default: as, description });
}

export function choice<const T extends readonly [string, ...string[]]>(
  initial: T[number],
  of: T,
  description: string,
) {
  return z
    .enum(of)
    .prefault(initial)
    .register(keyDocs, choiceDoc(initial, of, description));
}

/** One of several words; may be left out, where `initial` says what that means. */
export function optionalChoice<const T extends readonly [string, ...string[]]>(
  initial: T[number],
  of: T,
  description: string,
) {
  return z
    .enum(of)
    .optional()
    .register(keyDocs, choiceDoc(initial, of, description));
}

function choiceDoc(initial: string, of: readonly string[], description: string): KeyDoc {
  const type = of.map((option) => JSON.stringify(option)).join(' or ');
  return { type, default: JSON.stringify(initial), description };
}

export const flag = (initial: boolean, description: string) =>
  z
    .boolean()
    .prefault(initial)
    .register(keyDocs, { type: 'true or false', default: String(initial), description });

/** A string that has to match; `rule` says what it must be, as in "must be {rule}". */
export function word(pattern: RegExp, rule: string) {
  return z.string().transform((text, context) => {
    if (pattern.test(text)) return text;
    return fault(context, `${JSON.stringify(text)} is not ${rule}`, `Write ${rule}.`);
  });
}

/** The same for what no message may repeat. */
export function secretWord(pattern: RegExp, rule: string) {
  return z.string().transform((text, context) => {
    if (pattern.test(text)) return text;
    return fault(context, `is not ${rule}`, `Write ${rule}.`);
  });
}

/** A kernel interface name: IFNAMSIZ leaves 15 bytes; slash, colon and white space are refused by the kernel. */
export const interfaceName = () =>
  word(/^(?!\.\.?$)[^\s/:]{1,15}$/, 'an interface name of 1 to 15 characters');

export const absolutePath = () => word(/^\//, 'an absolute path');

/** One value or a list of them, as a list. */
export function oneOrMore<T extends z.ZodType>(element: T) {
  return z.preprocess(
    (value) => (value === undefined || Array.isArray(value) ? value : [value]),
    z.array(element).min(1),
  );
}

export const prefixList = () =>
  z.array(z.string().transform((text, context) => parsed(text, context, parsePrefix)));

export function prefixes(description: string, initial: readonly string[] = []) {
  return prefixList()
    .prefault([...initial])
    .register(keyDocs, { type: 'list of prefixes', default: JSON.stringify(initial), description });
}
