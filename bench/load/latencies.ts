// Times of many exchanges, and their percentiles.

export class Latencies {
  readonly #ms: number[] = [];

  add(ms: number): void {
    this.#ms.push(ms);
  }

  get count(): number {
    return this.#ms.length;
  }

  /** The smallest time that so many of them do not exceed; undefined when there are none. @param share 0 to 1 */
  percentile(share: number): number | undefined {
    const sorted = Float64Array.from(this.#ms).sort();
    return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))];
  }
}
