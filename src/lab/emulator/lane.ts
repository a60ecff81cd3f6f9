// One direction of a running link: packets read from one TUN, queued, and written to the other at their time.
import { EAGAIN, EINTR } from '../../linux/errno.ts';
import { errno } from '../../linux/libc.ts';
import { readTun, writeTun } from '../../linux/tun.ts';
import { Lateness, type LatenessSummary } from './lateness.ts';
import { type DirectionSettings, LinkDirection, LOST } from './link.ts';
import { SLOT_BYTES, type SlotPool } from './slot-pool.ts';

// Packets of one direction before the other directions have their turn.
const BATCH = 64;

/** One end of a link: its TUN, and whether the cable is plugged in there. */
export interface LinkEnd {
  readonly fd: number;
  carrier: boolean;
}

export interface LaneStats {
  /** Delivered at the far end, as are the bytes: whole IP packets. */
  readonly packets: number;
  readonly bytes: number;
  readonly lossDrops: number;
  readonly queueDrops: number;
  /** Thrown away because an end had no carrier, or the far device was down. */
  readonly downDrops: number;
  readonly onTheWay: number;
  /** Since the previous stats; undefined when nothing was delivered. */
  readonly lateness: LatenessSummary | undefined;
}

export class Lane {
  readonly #queue: LinkDirection;
  readonly #from: LinkEnd;
  readonly #to: LinkEnd;
  readonly #pool: SlotPool;
  readonly #lateness = new Lateness();
  #packets = 0;
  #bytes = 0;
  #lossDrops = 0;
  #queueDrops = 0;
  #downDrops = 0;

  constructor(settings: DirectionSettings, from: LinkEnd, to: LinkEnd, pool: SlotPool) {
    this.#queue = new LinkDirection(settings);
    this.#from = from;
    this.#to = to;
    this.#pool = pool;
  }

  get nextDepartureMs(): number {
    return this.#queue.nextDepartureMs;
  }

  /** Reads a batch; false when the device is gone. */
  receive(): boolean {
    const nowMs = performance.now();
    const stopped = !this.#from.carrier || !this.#to.carrier;
    const pool = this.#pool;
    let slot = pool.take();
    let alive = true;
    for (let i = 0; i < BATCH; i++) {
      const length = readTun(this.#from.fd, pool.buffer(slot), SLOT_BYTES);
      if (length < 0) {
        alive = errno() === EAGAIN || errno() === EINTR;
        break;
      }
      if (stopped) {
        this.#downDrops++;
        continue;
      }
      const departureMs = this.#queue.enqueue(nowMs, length, slot);
      if (departureMs >= 0) slot = pool.take();
      else if (departureMs === LOST) this.#lossDrops++;
      else this.#queueDrops++;
    }
    pool.give(slot);
    return alive;
  }

  /** Writes a batch of the packets whose time has come. */
  deliver(): void {
    const queue = this.#queue;
    for (let i = 0; i < BATCH; i++) {
      const lateMs = performance.now() - queue.nextDepartureMs;
      if (lateMs < 0) return;
      const length = queue.nextLength;
      const slot = queue.nextSlot;
      queue.shift();
      if (writeTun(this.#to.fd, this.#pool.buffer(slot), length) === length) {
        this.#packets++;
        this.#bytes += length;
        this.#lateness.record(lateMs);
      } else {
        this.#downDrops++;
      }
      this.#pool.give(slot);
    }
  }

  change(change: Partial<DirectionSettings>): void {
    this.#queue.change({ ...this.#queue.settings, ...change }, performance.now());
  }

  /** Throws away what is on its way, as a cut cable does. */
  clear(): void {
    for (; this.#queue.count > 0; this.#queue.shift()) {
      this.#pool.give(this.#queue.nextSlot);
      this.#downDrops++;
    }
    this.#queue.reset(performance.now());
  }

  /** The counters since the start, the lateness since the previous call. */
  takeStats(): LaneStats {
    return {
      packets: this.#packets,
      bytes: this.#bytes,
      lossDrops: this.#lossDrops,
      queueDrops: this.#queueDrops,
      downDrops: this.#downDrops,
      onTheWay: this.#queue.count,
      lateness: this.#lateness.take(),
    };
  }
}
