// What a cut did, from what the programs and counters noted: pure arithmetic on times of CLOCK_MONOTONIC.
import { median } from './median.ts';
import type { Visit } from '../traffic/alongside.ts';
import type { Sample } from '../traffic/sample.ts';
import type { CounterSample } from './wan-trace.ts';

export interface Stall {
  /** When it began. */
  readonly atMs: number;
  readonly ms: number;
}

/**
 * The longest time between two moments in which nothing was read. A gap that had begun before `fromMs` counts whole,
 * as its reader felt it; one that goes on after `toMs` counts up to there, also when the reader's samples end before.
 */
export function longestStall(samples: readonly Sample[], fromMs: number, toMs: number): Stall {
  const stalls: Stall[] = [];
  for (const { gapFromMs, gapMs } of samples) {
    if (gapFromMs + gapMs <= fromMs || gapFromMs >= toMs) continue;
    stalls.push({ atMs: gapFromMs, ms: Math.min(gapFromMs + gapMs, toMs) - gapFromMs });
  }
  const last = samples.at(-1);
  if (!last || last.atMs < toMs) {
    const isRunning = last && last.gapFromMs + last.gapMs >= last.atMs;
    const atMs = isRunning ? last.gapFromMs : (last?.atMs ?? fromMs);
    stalls.push({ atMs, ms: toMs - atMs });
  }
  return stalls.toSorted((a, b) => b.ms - a.ms)[0] ?? { atMs: fromMs, ms: 0 };
}

// A tenth of its share is more than probes and small flows make together, and less than any data in bulk.
const CARRIES_SHARE = 0.1;
// Over so long: shorter than what is asked for, longer than the pauses of a sender that begins anew.
const WINDOW_MS = 100;

/** Bytes per millisecond between two moments, undefined without samples around them. */
export function counterRate(
  samples: readonly CounterSample[],
  fromMs: number,
  toMs: number,
): number | undefined {
  const first = samples.find(({ atMs }) => atMs >= fromMs);
  const last = samples.findLast(({ atMs }) => atMs <= toMs);
  if (!first || !last || last.atMs <= first.atMs) return undefined;
  return (last.bytes - first.bytes) / (last.atMs - first.atMs);
}

/**
 * How long after `fromMs` the counter grew by `usualRate` again, in bytes per millisecond, or by a tenth of it: the end
 * of the first 100 ms in which it did. Undefined: it has not yet.
 */
export function carriesAfterMs(
  samples: readonly CounterSample[],
  fromMs: number,
  usualRate: number,
): number | undefined {
  const wantedBytes = usualRate * CARRIES_SHARE * WINDOW_MS;
  let start = 0;
  for (const { atMs, bytes } of samples) {
    while ((samples[start] as CounterSample).atMs < Math.max(fromMs, atMs - WINDOW_MS)) {
      if (++start >= samples.length) return undefined;
    }
    const first = samples[start] as CounterSample;
    if (first.atMs < atMs && bytes - first.bytes >= wantedBytes) return atMs - fromMs;
  }
  return undefined;
}

export interface VisitFigures {
  /** Median of those that began before the cut. */
  readonly usualMs: number | undefined;
  /** The first that began after it; undefined when it failed. */
  readonly firstMs: number | undefined;
  /** The slowest of those that began within a second after it. */
  readonly worstMs: number | undefined;
  readonly failed: readonly Visit[];
}

const RIGHT_AFTER_MS = 1000;

export function visitFigures(visits: readonly Visit[], fromMs: number, cutMs: number): VisitFigures {
  const times = (some: readonly Visit[]): number[] =>
    some.flatMap(({ firstByteMs }) => (firstByteMs === undefined ? [] : [firstByteMs]));
  const after = visits.filter(({ atMs }) => atMs >= cutMs);
  const soon = times(after.filter(({ atMs }) => atMs < cutMs + RIGHT_AFTER_MS));
  return {
    usualMs: median(times(visits.filter(({ atMs }) => atMs >= fromMs && atMs < cutMs))),
    firstMs: after[0]?.firstByteMs,
    worstMs: soon.length > 0 ? Math.max(...soon) : undefined,
    failed: visits.filter(({ error }) => error !== undefined),
  };
}
