// When to try again what has failed: an event that would bring the next try may never come.
const FIRST_MS = 1000;
// What lasts (an endpoint of somebody else in the way) is not worth a log line a second.
const MOST_MS = 60_000;

export class Retry {
  private readonly act: () => void;
  private timer: NodeJS.Timeout | undefined;
  private delayMs = FIRST_MS;

  /** @param act tries; it calls `later` again if that fails too, and `settle` when it is over. */
  constructor(act: () => void) {
    this.act = act;
  }

  later(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.delayMs = Math.min(2 * this.delayMs, MOST_MS);
      this.act();
    }, this.delayMs);
  }

  /** Another try is being made, or none shall be. */
  cancel(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** The try is over: it has succeeded unless it called `later`. */
  settle(): void {
    if (this.timer === undefined) this.delayMs = FIRST_MS;
  }
}
