// Milliseconds since 1970 on the wire, and a clock for servers that never steps.

// 64-bit numbers as two halves: exact up to 2^53, and no BigInt per flow. What lies beyond is out of any window.
const HIGH = 2 ** 32;

export function writeTimeMs(out: Buffer, at: number, timeMs: number): void {
  const whole = Math.min(Math.max(0, Math.floor(timeMs)), Number.MAX_SAFE_INTEGER);
  out.writeUInt32BE(Math.floor(whole / HIGH), at);
  out.writeUInt32BE(whole % HIGH, at + 4);
}

export function readTimeMs(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * HIGH + bytes.readUInt32BE(at + 4);
}

/** One moment on the wall clock and on the monotonic clock; plain data, to be posted to workers. */
export interface ClockAnchor {
  readonly wallMs: number;
  readonly monotonicNs: bigint;
}

/**
 * The wall clock of the anchor's moment, run on by the monotonic clock. A server needs this, not `Date.now`: a
 * wall clock set forward and back again would empty the nonce set and then make old hellos good again.
 */
export function steadyClock(anchor: ClockAnchor, monotonicNs: () => bigint): () => number {
  return () => anchor.wallMs + Number(monotonicNs() - anchor.monotonicNs) / 1e6;
}
