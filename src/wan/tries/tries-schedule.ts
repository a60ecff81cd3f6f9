// When MPTCP is tried on a path: pure, fed with results, hints and the time.

// A provider that takes its firewall away should be noticed while somebody still looks; one that is well costs little.
const LOST_INTERVAL_MS = 60_000;
const KEPT_INTERVAL_MS = 15 * 60_000;
// The path went down meanwhile, or TCP does not get through at all.
const UNKNOWN_INTERVAL_MS = 30_000;
// A thousand plain flows ask once.
const HINT_INTERVAL_MS = 10_000;

export type TryOutcome = 'kept' | 'lost' | 'unknown';

export class TriesSchedule {
  private beganMs = Number.NEGATIVE_INFINITY;
  private nextMs = Number.NEGATIVE_INFINITY;
  private lastOutcome: TryOutcome | undefined;

  isDue(nowMs: number): boolean {
    return nowMs >= this.nextMs;
  }

  onBegin(nowMs: number): void {
    this.beganMs = nowMs;
    this.nextMs = Number.POSITIVE_INFINITY;
  }

  onEnd(outcome: TryOutcome, nowMs: number): void {
    this.lastOutcome = outcome;
    const intervals = { kept: KEPT_INTERVAL_MS, lost: LOST_INTERVAL_MS, unknown: UNKNOWN_INTERVAL_MS };
    this.nextMs = nowMs + intervals[outcome];
  }

  /** A flow over the path was not MPTCP. That is no news where it is known. */
  onPlainFlow(): void {
    if (this.lastOutcome !== 'kept' || this.nextMs === Number.POSITIVE_INFINITY) return;
    this.nextMs = Math.min(this.nextMs, this.beganMs + HINT_INTERVAL_MS);
  }
}
