// A subflow as its kernel would tell of it, look by look.
import type { SendPath } from '../../linux/send-paths.ts';

export interface Course {
  /** Sent since the look before. */
  readonly segments: number;
  readonly lossRatio: number;
  readonly rttMs: number;
  readonly minRttMs: number;
  /** What was sent again had come. */
  readonly inVain?: boolean;
}

const SEGMENT_BYTES = 1400;

/** Between 0 and 1, the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export class PlayedPath {
  private readonly random: (() => number) | undefined;
  private sent = 0;
  private again = 0;
  private inVain = 0;

  /** @param random whether a segment is lost; without, the ratio is met exactly */
  constructor(random?: () => number) {
    this.random = random;
  }

  next({ segments, lossRatio, rttMs, minRttMs, inVain = false }: Course): SendPath {
    const lost = this.random ? this.draw(segments, lossRatio, this.random) : segments * lossRatio;
    this.sent += segments;
    this.again += lost;
    if (inVain) this.inVain += lost;
    return {
      windowBytes: 1,
      rttMs,
      minRttMs,
      farWindowBytes: 1,
      segmentBytes: SEGMENT_BYTES,
      ackedBytes: (this.sent - this.again) * SEGMENT_BYTES,
      sentBytes: this.sent * SEGMENT_BYTES,
      againBytes: this.again * SEGMENT_BYTES,
      inVainSegments: this.inVain,
      unackedSegments: 0,
      unsentBytes: 0,
    };
  }

  private draw(segments: number, lossRatio: number, random: () => number): number {
    let lost = 0;
    for (let i = 0; i < segments; i++) if (random() < lossRatio) lost++;
    return lost;
  }
}
