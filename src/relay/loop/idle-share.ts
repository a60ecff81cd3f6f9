// How much of its time a worker's loop has nothing to do: work ahead of need is for the time that is left.

// Long enough for a fair figure, short enough to follow a burst.
const INTERVAL_MS = 250;

export class IdleShare {
  private fromMs: number;
  private waitedFromMs = 0;
  private share = 1;

  constructor(nowMs: number) {
    this.fromMs = nowMs;
  }

  /**
   * Of the last whole interval that somebody asked for, 0 to 1; 1 before the first.
   *
   * @param waitedMs that the loop has spent waiting, since it began
   */
  at(nowMs: number, waitedMs: number): number {
    const spanMs = nowMs - this.fromMs;
    if (spanMs < INTERVAL_MS) return this.share;
    this.share = Math.min(1, (waitedMs - this.waitedFromMs) / spanMs);
    this.fromMs = nowMs;
    this.waitedFromMs = waitedMs;
    return this.share;
  }
}
