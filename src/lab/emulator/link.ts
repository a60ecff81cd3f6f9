// One direction of an emulated link as pure arithmetic: when does a packet that comes now leave, or is it lost?
//
// First the queue in front of the line (drop-tail), then the line at its rate, then loss, then the delay.
// The times of the packets on their way lie in a ring; the bytes are the caller's, known here by slot number.
import { JitterWalk } from './jitter.ts';

export interface DirectionSettings {
  /** Bits of whole IP packets per second, above 0. */
  readonly rateBps: number;
  /** One way, after the line. */
  readonly delayMs: number;
  /** The delay wanders by up to this much either way; the order of packets stays. */
  readonly jitterMs: number;
  /** 0 to 1: the share of packets that vanish, each by itself, after they took their time on the line. */
  readonly lossRatio: number;
  /** Room before the line, as time at the rate. Without both queue fields: 100 ms, at least 64 KiB. */
  readonly queueMs?: number;
  /** Room before the line in bytes; wins over queueMs. */
  readonly queueBytes?: number;
}

/** What enqueue returns instead of a time. */
export const LOST = -1;
export const OVERFLOWED = -2;

const DEFAULT_QUEUE_MS = 100;
const DEFAULT_QUEUE_MIN_BYTES = 64 * 1024;
// The ring has room for everything on its way in packets of this size, which is less than an acknowledgement
// with options takes; what does not fit counts as a full queue.
const SMALL_PACKET_BYTES = 52;
const MIN_RING = 256;
const MAX_RING = 2 ** 18;

export function queueLimitBytes({ rateBps, queueMs, queueBytes }: DirectionSettings): number {
  if (queueBytes !== undefined) return queueBytes;
  if (queueMs !== undefined) return (queueMs * rateBps) / 8000;
  return Math.max(DEFAULT_QUEUE_MIN_BYTES, (DEFAULT_QUEUE_MS * rateBps) / 8000);
}

function ringSize(settings: DirectionSettings): number {
  const airBytes = ((settings.delayMs + settings.jitterMs) * settings.rateBps) / 8000;
  const packets = (airBytes + queueLimitBytes(settings)) / SMALL_PACKET_BYTES;
  return 2 ** Math.ceil(Math.log2(Math.min(MAX_RING, Math.max(MIN_RING, packets))));
}

export class LinkDirection {
  #settings: DirectionSettings;
  readonly #random: () => number;
  readonly #jitter: JitterWalk;
  /** When the line has sent all that was accepted. */
  #lineFreeMs = 0;
  #lastDepartureMs = 0;
  // The ring. `lineDone` is when a packet leaves the line, `departure` when it reaches the far end.
  #lineDoneMs: Float64Array;
  #departureMs: Float64Array;
  #lengths: Int32Array;
  #slots: Int32Array;
  #head = 0;
  #count = 0;

  constructor(settings: DirectionSettings, random: () => number = Math.random) {
    this.#settings = settings;
    this.#random = random;
    this.#jitter = new JitterWalk(random);
    const size = ringSize(settings);
    this.#lineDoneMs = new Float64Array(size);
    this.#departureMs = new Float64Array(size);
    this.#lengths = new Int32Array(size);
    this.#slots = new Int32Array(size);
  }

  get settings(): DirectionSettings {
    return this.#settings;
  }

  /** Packets on their way. */
  get count(): number {
    return this.#count;
  }

  /** When the packet departs; LOST or OVERFLOWED when it never does. Times of successive calls do not fall. */
  enqueue(nowMs: number, length: number, slot: number): number {
    const { rateBps, delayMs, jitterMs, lossRatio } = this.#settings;
    const size = this.#slots.length;
    const backlogMs = this.#lineFreeMs - nowMs;
    if (backlogMs > 0) {
      const backlogBytes = (backlogMs * rateBps) / 8000;
      if (backlogBytes + length > queueLimitBytes(this.#settings)) return OVERFLOWED;
    }
    if (this.#count === size) return OVERFLOWED;
    const lineDoneMs = Math.max(nowMs, this.#lineFreeMs) + (length * 8000) / rateBps;
    this.#lineFreeMs = lineDoneMs;
    if (lossRatio > 0 && this.#random() < lossRatio) return LOST;
    const wanted = lineDoneMs + Math.max(0, delayMs + this.#jitter.at(lineDoneMs, jitterMs));
    const departureMs = Math.max(wanted, this.#lastDepartureMs);
    this.#lastDepartureMs = departureMs;
    const index = (this.#head + this.#count) & (size - 1);
    this.#lineDoneMs[index] = lineDoneMs;
    this.#departureMs[index] = departureMs;
    this.#lengths[index] = length;
    this.#slots[index] = slot;
    this.#count++;
    return departureMs;
  }

  /** When the next packet departs, Infinity when none is on its way. */
  get nextDepartureMs(): number {
    return this.#count === 0 ? Number.POSITIVE_INFINITY : (this.#departureMs[this.#head] as number);
  }

  get nextLength(): number {
    return this.#lengths[this.#head] as number;
  }

  get nextSlot(): number {
    return this.#slots[this.#head] as number;
  }

  /** Forgets the packet that departs next; there must be one. */
  shift(): void {
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#count--;
  }

  /** The line is idle from `nowMs` on; only for an empty ring. */
  reset(nowMs: number): void {
    this.#lineFreeMs = nowMs;
    this.#lastDepartureMs = nowMs;
  }

  /**
   * New settings from `nowMs` on. Packets still waiting for the line leave it at the new rate; delay, jitter and
   * loss concern packets that come from now on, which still never overtake those on their way.
   */
  change(settings: DirectionSettings, nowMs: number): void {
    const factor = this.#settings.rateBps / settings.rateBps;
    this.#settings = settings;
    this.#resize(Math.max(this.#slots.length, ringSize(settings)));
    let previousMs = 0;
    for (let index = 0; index < this.#count; index++) {
      const oldMs = this.#lineDoneMs[index] as number;
      const newMs = oldMs > nowMs ? nowMs + (oldMs - nowMs) * factor : oldMs;
      this.#lineDoneMs[index] = newMs;
      previousMs = Math.max(previousMs, (this.#departureMs[index] as number) + newMs - oldMs);
      this.#departureMs[index] = previousMs;
    }
    if (this.#lineFreeMs > nowMs) this.#lineFreeMs = nowMs + (this.#lineFreeMs - nowMs) * factor;
    this.#lastDepartureMs = previousMs;
  }

  /** A ring of `size`, with the packets on their way from index 0 on. */
  #resize(size: number): void {
    const order = Int32Array.from({ length: this.#count }, (_, i) => (this.#head + i) % this.#slots.length);
    const move = <T extends Float64Array | Int32Array>(from: T, to: T): T => {
      for (const [index, source] of order.entries()) to[index] = from[source] as number;
      return to;
    };
    this.#lineDoneMs = move(this.#lineDoneMs, new Float64Array(size));
    this.#departureMs = move(this.#departureMs, new Float64Array(size));
    this.#lengths = move(this.#lengths, new Int32Array(size));
    this.#slots = move(this.#slots, new Int32Array(size));
    this.#head = 0;
  }
}
