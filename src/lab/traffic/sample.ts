// Counts bytes at a reader and notes, ten times a second, how many there were and how long nothing came.

export interface Sample {
  /** Milliseconds of CLOCK_MONOTONIC, which all processes of this machine share. */
  readonly atMs: number;
  /** Bytes read since the start. */
  readonly bytes: number;
  /** Longest time without a byte that ended, or was still running, in this interval. */
  readonly gapMs: number;
  /** When that time began: the last read before it. */
  readonly gapFromMs: number;
}

export const SAMPLE_INTERVAL_MS = 100;

export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

export class Sampler {
  readonly #emit: (sample: Sample) => void;
  #timer: NodeJS.Timeout | undefined;
  #lastReadMs = 0;
  #gapMs = 0;
  #gapFromMs = 0;
  bytes = 0;

  constructor(emit: (sample: Sample) => void) {
    this.#emit = emit;
  }

  /** Starts the clock with the first byte. */
  add(bytes: number): void {
    const nowMs = monotonicMs();
    if (this.#timer === undefined) {
      this.#lastReadMs = nowMs;
      this.#timer = setInterval(() => this.#sample(), SAMPLE_INTERVAL_MS);
      this.#emit({ atMs: nowMs, bytes: 0, gapMs: 0, gapFromMs: nowMs });
    }
    this.#noteGap(nowMs);
    this.#lastReadMs = nowMs;
    this.bytes += bytes;
  }

  /** Notes a last sample and ends the clock. */
  stop(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#sample();
  }

  #noteGap(nowMs: number): void {
    const gapMs = nowMs - this.#lastReadMs;
    if (gapMs < this.#gapMs) return;
    this.#gapMs = gapMs;
    this.#gapFromMs = this.#lastReadMs;
  }

  #sample(): void {
    const atMs = monotonicMs();
    this.#noteGap(atMs);
    this.#emit({ atMs, bytes: this.bytes, gapMs: this.#gapMs, gapFromMs: this.#gapFromMs });
    this.#gapMs = 0;
  }
}
