// The text form of a cut: `wan1@5s,restore=10s,silent`. Times count from the first byte of the transfer.
import { describe, WanbondError } from '../../base/error.ts';
import { formatDuration, parseDuration } from '../../base/units.ts';
import type { Direction } from '../traffic-programs.ts';

/** Lost carrier, or packets that vanish while the interface stays up. */
export type CutKind = 'carrier' | 'silent';
/** Which way packets vanish: towards the server (`up`), from it (`down`), or both. */
export type CutDirection = 'both' | 'up' | 'down';

export interface CutSpec {
  /** A WAN of the lab. */
  readonly wan: string;
  readonly kind: CutKind;
  /** A lost carrier is always `both`. */
  readonly direction: CutDirection;
  readonly atMs: number;
  /** Undefined: it stays cut until the transfer has ended. */
  readonly restoreAtMs: number | undefined;
  /** Which way the measured transfer goes. */
  readonly transfer: Direction;
}

/** What the transfer needs before it is in steady state: slow start, joined subflows, filled queues. */
export const STEADY_AFTER_MS = 2000;
// The endings of the kernel's own time-outs lie below; a run that nobody waits for helps nobody.
const MAX_TIME_MS = 600_000;
const HINT =
  'Write NAME@TIME[,restore=TIME][,silent|up|down][,upload], like wan1@5s,restore=10s,silent; the times count from the first byte, up and down drop packets towards the server or from it, and upload cuts an upload.';

function bad(text: string, what: string, cause?: unknown): WanbondError {
  return new WanbondError({
    code: 'bad-cut-spec',
    message: `in the cut "${text}": ${what}`,
    hint: HINT,
    cause,
  });
}

/** @throws WanbondError `bad-cut-spec`, naming the part and what is allowed there. */
export function parseCut(text: string): CutSpec {
  const [first = '', ...rest] = text.split(',').map((part) => part.trim());
  const match = /^([^@\s]+)@(.+)$/.exec(first);
  if (!match) throw bad(text, `"${first}" is no NAME@TIME`);
  const [, wan = '', time = ''] = match;
  const atMs = readTime(text, first, time);
  const seen = new Set<string>();
  let restoreAtMs: number | undefined;
  for (const part of rest) {
    const [key = '', value] = part.split('=').map((side) => side.trim());
    if (value !== undefined ? key !== 'restore' : !['silent', 'up', 'down', 'upload'].includes(key))
      throw bad(text, `"${part}" is no part; allowed are restore=TIME, silent, up, down, upload`);
    if (seen.has(key)) throw bad(text, `"${part}" gives ${key} a second time`);
    seen.add(key);
    if (value !== undefined) restoreAtMs = readTime(text, part, value);
  }
  if (seen.has('up') && seen.has('down'))
    throw bad(text, '"up" and "down" exclude each other; silent alone drops both ways');
  if (atMs < STEADY_AFTER_MS) {
    const least = formatDuration(STEADY_AFTER_MS);
    throw bad(text, `"${first}" is too early; the transfer is in steady state from ${least} on`);
  }
  if (restoreAtMs !== undefined && restoreAtMs <= atMs)
    throw bad(text, `"restore=${formatDuration(restoreAtMs)}" is not after the cut, ${formatDuration(atMs)}`);
  const direction = seen.has('up') ? 'up' : seen.has('down') ? 'down' : 'both';
  return {
    wan,
    kind: seen.has('silent') || direction !== 'both' ? 'silent' : 'carrier',
    direction,
    atMs,
    restoreAtMs,
    transfer: seen.has('upload') ? 'up' : 'down',
  };
}

function readTime(text: string, part: string, value: string): number {
  let ms: number;
  try {
    ms = Math.round(parseDuration(value));
  } catch (cause) {
    const hint = cause instanceof WanbondError ? ` (${cause.hint})` : '';
    throw bad(text, `"${part}" cannot be read: ${describe(cause)}${hint}`, cause);
  }
  if (ms > MAX_TIME_MS)
    throw bad(text, `"${part}" is too late; at most ${formatDuration(MAX_TIME_MS)} is allowed`);
  return ms;
}

/** Whether such a lab can make the cut. @throws WanbondError `bad-cut-spec` */
export function checkCut(
  cut: CutSpec,
  wans: readonly { readonly name: string; readonly isShaped: boolean }[],
): void {
  const wan = wans.find(({ name }) => name === cut.wan);
  if (!wan) {
    const names = wans.map(({ name }) => name).join(', ');
    throw bad(`${cut.wan}@${formatDuration(cut.atMs)}`, `the lab has no WAN "${cut.wan}"; it has ${names}`);
  }
  if (!wan.isShaped) {
    const what = `${cut.wan} is unshaped, and only the emulator can cut a link; give it a rate, like --wan 100mbit`;
    throw bad(`${cut.wan}@${formatDuration(cut.atMs)}`, what);
  }
}
