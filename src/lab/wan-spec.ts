// The text form of an emulated WAN: `20mbit,delay=30ms,loss=0.1%,jitter=5ms,queue=100ms`.
//
// The rate counts whole IP packets, each direction has it for itself. The delay is one way and applies to
// both directions, as with netem on each side: delay=25ms adds 50 ms to the round trip.
import { describe, WanbondError } from '../base/error.ts';
import { formatDuration, parseDuration, parseRate } from '../base/units.ts';

export interface WanSpec {
  readonly rateBps: number;
  /** One way. */
  readonly delayMs: number;
  /** The delay wanders between delayMs - jitterMs and delayMs + jitterMs. */
  readonly jitterMs: number;
  /** 0 to 1, each packet by itself. */
  readonly lossRatio: number;
  /** How long a packet may wait for its turn; without it the emulator takes its own default. */
  readonly queueMs?: number;
}

// Our own bound: what is in flight is held in memory (1.25 MB at 100 Mbit/s per 100 ms).
const MAX_TIME_MS = 10_000;

const PARTS = {
  delay: 'delay=TIME (one way, like 30ms)',
  jitter: 'jitter=TIME (like 5ms, at most the delay)',
  loss: 'loss=PERCENT (like 0.1%)',
  queue: 'queue=TIME (like 100ms)',
};
const HINT = `Write RATE[,PART]..., like 20mbit,delay=30ms,loss=0.1%; the parts are ${Object.values(PARTS).join(', ')}.`;

function bad(text: string, part: string, what: string, cause?: unknown): WanbondError {
  return new WanbondError({
    code: 'bad-wan-spec',
    message: `in the WAN "${text}": "${part}" ${what}`,
    hint: HINT,
    cause,
  });
}

/** @throws WanbondError `bad-wan-spec`, naming the part and what is allowed there. */
export function parseWan(text: string): WanSpec {
  const [ratePart = '', ...rest] = text.split(',').map((part) => part.trim());
  const spec = {
    rateBps: read(text, ratePart, () => parseRate(ratePart)),
    delayMs: 0,
    jitterMs: 0,
    lossRatio: 0,
  };
  if (spec.rateBps < 1000) throw bad(text, ratePart, 'is too slow; the rate is at least 1kbit');
  let queueMs: number | undefined;
  const seen = new Set<string>();
  for (const part of rest) {
    const equals = part.indexOf('=');
    const key = part.slice(0, Math.max(0, equals)).trim();
    const value = part.slice(equals + 1).trim();
    if (!Object.hasOwn(PARTS, key))
      throw bad(text, part, `is no part; allowed are ${Object.keys(PARTS).join(', ')}, each with =VALUE`);
    if (seen.has(key)) throw bad(text, part, `gives ${key} a second time`);
    seen.add(key);
    if (key === 'loss') spec.lossRatio = readLoss(text, part, value);
    else if (key === 'delay') spec.delayMs = readTime(text, part, value);
    else if (key === 'jitter') spec.jitterMs = readTime(text, part, value);
    else queueMs = readTime(text, part, value);
  }
  if (spec.jitterMs > spec.delayMs) {
    throw bad(
      text,
      `jitter=${formatTime(spec.jitterMs)}`,
      `is more than the delay, ${formatTime(spec.delayMs)}; a packet cannot leave before it came`,
    );
  }
  if (queueMs === 0) throw bad(text, 'queue', 'is 0; a link needs a queue, like queue=100ms');
  return queueMs === undefined ? spec : { ...spec, queueMs };
}

function read(text: string, part: string, parse: () => number): number {
  try {
    return parse();
  } catch (cause) {
    const hint = cause instanceof WanbondError ? ` (${cause.hint})` : '';
    throw bad(text, part, `cannot be read: ${describe(cause)}${hint}`, cause);
  }
}

function readTime(text: string, part: string, value: string): number {
  // Whole microseconds, so that text and number round-trip.
  const ms = Math.round(read(text, part, () => parseDuration(value)) * 1000) / 1000;
  if (ms > MAX_TIME_MS) throw bad(text, part, `is too long; at most ${formatTime(MAX_TIME_MS)} is allowed`);
  return ms;
}

function readLoss(text: string, part: string, value: string): number {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(value)?.[1];
  if (percent === undefined || Number(percent) > 100)
    throw bad(text, part, 'is no loss; allowed is 0% to 100%, like loss=0.1%');
  // Whole millionths, for the same reason.
  return Math.round(Number(percent) * 1e4) / 1e6;
}

function formatTime(ms: number): string {
  return Number.isInteger(ms) ? formatDuration(ms) : `${Math.round(ms * 1000)}us`;
}
