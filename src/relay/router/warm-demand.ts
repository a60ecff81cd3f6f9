// How many connections ahead of need there should be: as many as flows began within the time that it takes to make new ones.

// Who looks at a page comes back within this; after it the next page takes a round trip more.
const REMEMBERED_MS = 60_000;
const MOST_REMEMBERED = 256;
const FIRST_GUESS_MS = 200;
// Of a new figure in the time that making one takes.
const WEIGHT = 0.25;
// What is missing is made only when the first is taken, side by side.
const ROOM = 1.5;

export class Demand {
  private readonly times: number[] = [];
  private makingMs = FIRST_GUESS_MS;

  /** A flow began. */
  note(nowMs: number): void {
    this.times.push(nowMs);
    if (this.times.length > MOST_REMEMBERED) this.times.shift();
  }

  /** Making one took so long. */
  took(ms: number): void {
    this.makingMs += WEIGHT * (ms - this.makingMs);
  }

  /** Whether any are wanted at all: something has begun within the last minute. */
  isThere(nowMs: number): boolean {
    const last = this.times.at(-1);
    return last !== undefined && nowMs - last <= REMEMBERED_MS;
  }

  /** 0 when nothing has begun for a minute; else one more than the largest burst, at most `most`. */
  wanted(nowMs: number, most: number): number {
    this.forget(nowMs);
    if (this.times.length === 0) return 0;
    const windowMs = this.makingMs * ROOM;
    let burst = 1;
    for (let first = 0, last = 0; last < this.times.length; last++) {
      while ((this.times[last] as number) - (this.times[first] as number) > windowMs) first++;
      burst = Math.max(burst, last - first + 1);
    }
    return Math.min(most, burst + 1);
  }

  /** In place: it is asked with every flow. */
  private forget(nowMs: number): void {
    const fresh = this.times.findIndex((time) => nowMs - time <= REMEMBERED_MS);
    if (fresh !== 0) this.times.splice(0, fresh < 0 ? this.times.length : fresh);
  }
}
