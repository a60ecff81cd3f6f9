// Whether a WAN is full: what goes through it against what it can do, as configured or as learned from its own queue.
//
// Two things say that a link is full. Its use is near its capacity; or probes take longer than over the quiet link
// while the rate neither grows nor falls: then data stands in its queue, and the rate of that moment is the capacity.
// A learned capacity needs no clock to forget it: any higher rate raises it at once, and a queue at a lower rate draws
// it down within seconds. Loss teaches nothing: a radio link loses packets whatever its load is.
//
// All that passes the interface counts, also what wanbond does not carry: it takes its room in the link all the same.

export type Direction = 'down' | 'up';
export const DIRECTIONS: readonly Direction[] = ['down', 'up'];

export interface LinkRates {
  readonly down: number | undefined;
  readonly up: number | undefined;
}

export interface LinkSample {
  readonly nowMs: number;
  /** Since any moment in the past; never less than in the sample before. */
  readonly rxBytes: number;
  readonly txBytes: number;
  /** The least of the last few: what all of them share is the queue. Undefined while unknown. */
  readonly rttMs: number | undefined;
}

export interface Capacity {
  readonly bps: number;
  readonly isLearned: boolean;
}

/** What one direction of a WAN does now. */
export interface Load {
  /** Mean of the last second, bits per second; undefined before the first second is over. */
  readonly rateBps: number | undefined;
  readonly capacity: Capacity | undefined;
  readonly isFull: boolean;
}

export type WanLoad = Readonly<Record<Direction, Load>>;

// A mean over less would take the burst of a single page for a full link.
const WINDOW_MS = 1000;
/** Of the capacity. TCP alone seldom keeps a link above 95 %, and headers count. */
const FULL_RATIO = 0.85;
// Even the least of some round trips varies by milliseconds (scheduling, radio frames); a queue of less hurts nobody.
const QUEUE_FACTOR = 1.25;
const QUEUE_EXTRA_MS = 10;
// The two halves of the window differ by less: the rate stays where it is.
const PLATEAU = 0.2;
// A longer round trip at less use than this has another cause than our load.
const QUEUE_MIN_RATIO = 0.3;
const QUEUE_MIN_BPS = 500_000;
// The link is idle below the larger of the two: its round trip is the quiet one, also when it has become longer.
const IDLE_BPS = 200_000;
const IDLE_RATIO = 0.05;
const QUIET_MS = 10_000;
// How soon a learned capacity follows a lower one: a link that became slower shows within some seconds.
const LOWER_MS = 2500;

interface Point {
  readonly atMs: number;
  readonly down: number;
  readonly up: number;
}

export class Fullness {
  private readonly configured: LinkRates;
  private readonly learned: Partial<Record<Direction, number>> = {};
  private points: Point[] = [];
  private quietRttMs: number | undefined;
  private standingQueue: Direction | undefined;

  constructor(configured: LinkRates) {
    this.configured = configured;
  }

  onSample({ nowMs, rxBytes, txBytes, rttMs }: LinkSample): void {
    const before = this.points.at(-1)?.atMs ?? nowMs;
    this.points.push({ atMs: nowMs, down: rxBytes, up: txBytes });
    // One point at the far end of the window or before it stays.
    while ((this.points[1]?.atMs ?? Number.POSITIVE_INFINITY) <= nowMs - WINDOW_MS) this.points.shift();
    this.learnQuiet(rttMs, nowMs - before);
    this.standingQueue = this.queued(rttMs);
    this.learnCapacity(nowMs - before);
  }

  load(): WanLoad {
    return { down: this.loadOf('down'), up: this.loadOf('up') };
  }

  private loadOf(direction: Direction): Load {
    const rateBps = this.rate(direction);
    const capacity = this.capacity(direction);
    const isNear = rateBps !== undefined && capacity !== undefined && rateBps > capacity.bps * FULL_RATIO;
    return { rateBps, capacity, isFull: isNear || this.standingQueue === direction };
  }

  private capacity(direction: Direction): Capacity | undefined {
    const configured = this.configured[direction];
    if (configured !== undefined) return { bps: configured, isLearned: false };
    const learned = this.learned[direction];
    return learned === undefined ? undefined : { bps: learned, isLearned: true };
  }

  /** Bits per second over the window; undefined before it is full. */
  private rate(direction: Direction): number | undefined {
    const [first, last] = [this.points[0], this.points.at(-1)];
    if (!first || !last || last.atMs - first.atMs < WINDOW_MS) return undefined;
    return rateBetween(first, last, direction);
  }

  private learnQuiet(rttMs: number | undefined, elapsedMs: number): void {
    if (rttMs === undefined) return;
    const quiet = this.quietRttMs;
    if (quiet === undefined || rttMs < quiet) this.quietRttMs = rttMs;
    else if (this.isIdle()) this.quietRttMs = quiet + (rttMs - quiet) * share(elapsedMs, QUIET_MS);
  }

  private isIdle(): boolean {
    return DIRECTIONS.every((direction) => {
      const limit = Math.max(IDLE_BPS, (this.capacity(direction)?.bps ?? 0) * IDLE_RATIO);
      return (this.rate(direction) ?? Number.POSITIVE_INFINITY) < limit;
    });
  }

  /** The direction whose data stand in a queue; of both, the busier one. */
  private queued(rttMs: number | undefined): Direction | undefined {
    const { quietRttMs } = this;
    if (rttMs === undefined || quietRttMs === undefined) return undefined;
    if (rttMs < quietRttMs * QUEUE_FACTOR + QUEUE_EXTRA_MS) return undefined;
    const direction = (this.rate('up') ?? 0) > (this.rate('down') ?? 0) ? 'up' : 'down';
    const rateBps = this.rate(direction);
    if (rateBps === undefined || !this.isPlateau(direction)) return undefined;
    const least = Math.max(QUEUE_MIN_BPS, (this.capacity(direction)?.bps ?? 0) * QUEUE_MIN_RATIO);
    return rateBps < least ? undefined : direction;
  }

  private isPlateau(direction: Direction): boolean {
    const middle = Math.floor(this.points.length / 2);
    const [first, centre, last] = [this.points[0], this.points[middle], this.points.at(-1)];
    if (!first || !centre || !last || middle === 0 || centre === last) return false;
    const early = rateBetween(first, centre, direction);
    const late = rateBetween(centre, last, direction);
    return Math.abs(late - early) < PLATEAU * Math.max(early, late);
  }

  private learnCapacity(elapsedMs: number): void {
    for (const direction of DIRECTIONS) {
      const rateBps = this.rate(direction);
      if (rateBps === undefined) continue;
      const learned = this.learned[direction];
      const isQueued = this.standingQueue === direction;
      if (learned === undefined ? isQueued : rateBps > learned) this.learned[direction] = rateBps;
      else if (learned !== undefined && isQueued) {
        this.learned[direction] = learned + (rateBps - learned) * share(elapsedMs, LOWER_MS);
      }
    }
  }
}

function rateBetween(from: Point, to: Point, direction: Direction): number {
  return ((to[direction] - from[direction]) * 8 * 1000) / Math.max(1, to.atMs - from.atMs);
}

/** How far a smoothed value goes towards a new one in `elapsedMs`. */
function share(elapsedMs: number, timeConstantMs: number): number {
  return 1 - Math.exp(-elapsedMs / timeConstantMs);
}
