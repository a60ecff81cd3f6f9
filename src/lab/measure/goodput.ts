// Goodput between two moments, from the samples of a reader.
import type { Sample } from '../traffic/sample.ts';

/** Bytes read until `atMs`, on the straight line between the samples around it. */
export function bytesAt(samples: readonly Pick<Sample, 'atMs' | 'bytes'>[], atMs: number): number {
  const after = samples.findIndex((sample) => sample.atMs >= atMs);
  if (after === 0) return samples[0]?.bytes ?? 0;
  const b = samples[after];
  const a = samples[after - 1];
  if (!a || !b) return samples.at(-1)?.bytes ?? 0;
  return a.bytes + ((b.bytes - a.bytes) * (atMs - a.atMs)) / (b.atMs - a.atMs);
}

/** Millions of bits per second. */
export function goodputMbps(samples: readonly Sample[], fromMs: number, toMs: number): number {
  return mbps(bytesAt(samples, toMs) - bytesAt(samples, fromMs), toMs - fromMs);
}

export function mbps(bytes: number, durationMs: number): number {
  return durationMs > 0 ? (bytes * 8) / 1000 / durationMs : 0;
}

/** The longest time without a byte between two moments. */
export function longestGapMs(samples: readonly Sample[], fromMs: number, toMs: number): number {
  return Math.max(0, ...samples.filter((s) => s.atMs >= fromMs && s.atMs <= toMs).map((s) => s.gapMs));
}
