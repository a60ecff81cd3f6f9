// How the delay of a path wanders: straight lines between random aims, never by more than the set jitter.
//
// A random value for each packet by itself, with the order kept, would make every packet wait for the
// slowest of those before it: a busy link would simply be `delay + jitter` long. A wandering delay
// keeps its mean at any packet rate.

// Longest time between two aims at small jitter, so that a bulk flow sees many aims per second.
const MIN_SEGMENT_MS = 10;
// Aims lie up to 2 x jitter apart; over 4 x jitter the delay falls by at most half a millisecond per
// millisecond, so that packets close up to twice the rate but never overtake.
const SEGMENT_PER_JITTER = 4;

export class JitterWalk {
  readonly #random: () => number;
  #startMs = Number.NEGATIVE_INFINITY;
  /** Both as shares of the jitter, -1 to 1. */
  #from = 0;
  #to = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** What to add to the delay at `atMs`; calls come in the order of time. */
  at(atMs: number, jitterMs: number): number {
    if (jitterMs === 0) return 0;
    const segmentMs = Math.max(MIN_SEGMENT_MS, SEGMENT_PER_JITTER * jitterMs);
    if (atMs - this.#startMs >= 2 * segmentMs) {
      this.#startMs = atMs;
      this.#from = this.#draw();
      this.#to = this.#draw();
    } else if (atMs - this.#startMs >= segmentMs) {
      this.#startMs += segmentMs;
      this.#from = this.#to;
      this.#to = this.#draw();
    }
    const share = Math.min(1, (atMs - this.#startMs) / segmentMs);
    return jitterMs * (this.#from + (this.#to - this.#from) * share);
  }

  #draw(): number {
    return this.#random() * 2 - 1;
  }
}
