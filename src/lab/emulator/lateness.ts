// How late packets left after their time: a histogram of fixed size, so that recording allocates nothing.

// Eight steps per doubling of microseconds: a figure is within 9 % of the truth, up to 100 s.
const STEPS_PER_DOUBLING = 8;
const STEPS = 27 * STEPS_PER_DOUBLING;

export interface LatenessSummary {
  readonly packets: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export class Lateness {
  readonly #histogram = new Uint32Array(STEPS);
  #packets = 0;
  #maxMs = 0;

  record(lateMs: number): void {
    const step = Math.floor(Math.log2(Math.max(0, lateMs) * 1000 + 1) * STEPS_PER_DOUBLING);
    const index = Math.min(STEPS - 1, step);
    this.#histogram[index] = (this.#histogram[index] as number) + 1;
    this.#packets++;
    if (lateMs > this.#maxMs) this.#maxMs = lateMs;
  }

  /** Undefined when no packet left; starts anew. */
  take(): LatenessSummary | undefined {
    if (this.#packets === 0) return undefined;
    const summary = {
      packets: this.#packets,
      p50Ms: this.#quantile(0.5),
      p99Ms: this.#quantile(0.99),
      maxMs: Math.round(this.#maxMs * 1000) / 1000,
    };
    this.#histogram.fill(0);
    this.#packets = 0;
    this.#maxMs = 0;
    return summary;
  }

  /** The upper edge of the step in which the quantile lies. */
  #quantile(share: number): number {
    let left = Math.ceil(this.#packets * share);
    let step = 0;
    while (step < STEPS - 1 && left > (this.#histogram[step] as number)) {
      left -= this.#histogram[step] as number;
      step++;
    }
    const upperUs = 2 ** ((step + 1) / STEPS_PER_DOUBLING) - 1;
    return Math.min(Math.round(upperUs) / 1000, Math.round(this.#maxMs * 1000) / 1000);
  }
}
