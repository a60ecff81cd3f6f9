// In which order new flows try the WANs for their first subflow, and how long one is waited for before the next.
import type { PathMeasurement } from '../probe/probe-path.ts';

export interface InitialFacts {
  readonly name: string;
  /** Towards the server that is used; undefined while unknown. */
  readonly path: PathMeasurement | undefined;
  /** Smaller is tried earlier, whatever the round trips: tiers, dead paths, paths that strip MPTCP. */
  readonly rank: number;
  /** What this WAN can do compared with the others; any unit, above 0. */
  readonly weight: number;
}

export interface InitialChoice {
  readonly name: string;
  /** Share of the new flows that begin here; 0: only after another one failed. */
  readonly share: number;
  readonly hedgeDelayMs: number;
}

// WANs about as near as the nearest one share the new flows: the short ones, which end before a second subflow joins,
// would otherwise all use one link.
const NEAR_FACTOR = 1.5;
const NEAR_MS = 10;
// A hedge costs a connection that is closed again; below this the noise of a busy router would start them.
const MIN_HEDGE_MS = 50;
const MAX_HEDGE_MS = 1500;
// Loss means waiting a second for the SYN to be sent again: each percent counts as this much delay.
const LOSS_PENALTY_MS = 1000;

/** The best first. @param fixedHedgeMs of the config; undefined derives it from each WAN's round trip. */
export function initialOrder(
  wans: readonly InitialFacts[],
  fixedHedgeMs: number | undefined,
): InitialChoice[] {
  // Sorting is stable: the order of the config decides between equals.
  const sorted = wans.toSorted((a, b) => a.rank - b.rank || compareCosts(a, b));
  const best = sorted[0];
  return sorted.map((wan) => ({
    name: wan.name,
    share: best && isAsGood(wan, best) ? wan.weight : 0,
    hedgeDelayMs: fixedHedgeMs ?? hedgeDelayMs(wan.path),
  }));
}

/** A WAN of which nothing is known may just have come up: whoever has proved itself goes first. */
function compareCosts(a: InitialFacts, b: InitialFacts): number {
  const [ofA, ofB] = [costMs(a), costMs(b)];
  if (ofA === undefined || ofB === undefined) return Number(ofA === undefined) - Number(ofB === undefined);
  return ofA - ofB;
}

function isAsGood(wan: InitialFacts, best: InitialFacts): boolean {
  const [cost, least] = [costMs(wan), costMs(best)];
  if (wan.rank !== best.rank) return false;
  if (cost === undefined || least === undefined) return cost === least;
  return cost <= least * NEAR_FACTOR + NEAR_MS;
}

/**
 * The expected time of a handshake, with the queue that stands now but without the hiccups of one probe; undefined while
 * nothing is known.
 */
function costMs({ path }: InitialFacts): number | undefined {
  if (path?.recentRttMs === undefined) return undefined;
  return path.recentRttMs + (path.lossRatio ?? 0) * LOSS_PENALTY_MS;
}

// Round trips change all the time; the workers need not hear of every millisecond.
const STEPS_PER_DOUBLING = 3;
// Used while nothing is known: RFC 8305 section 8 recommends it for connection attempts.
const UNKNOWN_HEDGE_MS = 250;

/** When an answer is overdue: the round trip, its usual swing, and the same again for a queue that fills. */
function hedgeDelayMs(path: PathMeasurement | undefined): number {
  if (path?.rttMs === undefined) return UNKNOWN_HEDGE_MS;
  const expectedMs = path.rttMs + 4 * (path.rttDeviationMs ?? path.rttMs / 2);
  const wantedMs = Math.min(MAX_HEDGE_MS, Math.max(MIN_HEDGE_MS, 2 * expectedMs));
  return Math.round(2 ** (Math.round(Math.log2(wantedMs) * STEPS_PER_DOUBLING) / STEPS_PER_DOUBLING));
}
