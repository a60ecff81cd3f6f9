// Whether a transfer's paths lose packets by chance rather than for want of room: what has to be sent again, summed up beyond
// what a short queue loses for itself (a cumulative sum, so that a rate has to last, and a burst does not do).
import type { SendPath } from '../../linux/send-paths.ts';

// A window that a short queue keeps at 9 segments loses 1.8 % for that alone (1.2 / sqrt(p), RFC 3649).
const BORNE = 0.025;
// Above that, so many segments are needed: with 5 % of loss on a path of 20 ms two seconds' worth with cubic, with 1.4 %
// more than ten minutes'.
const TOLD_SEGMENTS = 10;
// A look counts so many at most: slow start ends by losing up to half of a window, in one look or two.
const MOST_SEGMENTS = 4;
// A look that comes later than this says that the transfer had nothing to send: other things have happened meanwhile.
export const STALE_MS = 1000;
// More than the shortest round trip by so much is a queue: who loses packets into one sends too much.
const QUEUE_FACTOR = 1.25;
const QUEUE_MS = 20;

interface PathState {
  readonly path: SendPath;
  /** Segments beyond what is borne. */
  readonly sum: number;
}

export class ChanceLoss {
  /** By the place of a path, which stays while no subflow goes. */
  private states: PathState[] = [];
  private lookedMs = 0;

  /**
   * To be called a few times a second while the transfer sends as much as it may.
   *
   * @returns whether a path has lost packets by chance for some time
   */
  look(paths: readonly SendPath[], nowMs: number): boolean {
    const isFresh = nowMs - this.lookedMs <= STALE_MS && paths.length >= this.states.length;
    this.lookedMs = nowMs;
    this.states = paths.map((path, i) => ({ path, sum: isFresh ? next(this.states[i], path) : 0 }));
    return this.states.some(({ sum }) => sum >= TOLD_SEGMENTS);
  }
}

function next(before: PathState | undefined, path: SendPath): number {
  // A subflow that is gone took its counts with it: what is in its place has others.
  if (!before || path.sentBytes < before.path.sentBytes || queues(path)) return 0;
  const sent = (path.sentBytes - before.path.sentBytes) / path.segmentBytes;
  const again = (path.againBytes - before.path.againBytes) / path.segmentBytes;
  const inVain = path.inVainSegments - before.path.inVainSegments;
  const beyond = Math.min(MOST_SEGMENTS, again - inVain - BORNE * sent);
  return Math.min(TOLD_SEGMENTS, Math.max(0, before.sum + beyond));
}

function queues({ rttMs, minRttMs }: SendPath): boolean {
  return rttMs > minRttMs * QUEUE_FACTOR + QUEUE_MS;
}
