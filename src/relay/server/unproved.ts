// Connections that have not proved a key yet, counted per peer address over all workers of a server.
import { createHash, randomBytes } from 'node:crypto';

const SEED_BYTES = 16;
// Addresses share a slot by chance: with so many slots, and a seed that nobody outside knows, it takes an attacker
// tens of thousands of addresses to take away the share of one router. 256 KiB.
const SLOTS = 2 ** 16;
// More peers than a server has routers; an attacker with more costs a hash each time.
const MOST_REMEMBERED = 1024;

export function createUnprovedMemory(): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(SEED_BYTES + SLOTS * Int32Array.BYTES_PER_ELEMENT);
  new Uint8Array(memory).set(randomBytes(SEED_BYTES));
  return memory;
}

/** One worker's view of the counts. */
export class Unproved {
  private readonly seed: Buffer;
  private readonly counts: Int32Array;
  private readonly limit: number;
  private readonly slots = new Map<string, number>();

  constructor(memory: SharedArrayBuffer, limit: number) {
    this.seed = Buffer.from(new Uint8Array(memory, 0, SEED_BYTES));
    this.counts = new Int32Array(memory, SEED_BYTES, SLOTS);
    this.limit = limit;
  }

  /** Counts one more connection of `peer`; undefined when it has the most that it may have. The result is for the proof or the end, and safe to call twice. */
  enter(peer: string): (() => void) | undefined {
    const slot = this.slotOf(peer);
    // Added first and taken back: two workers cannot both take the last place.
    if (Atomics.add(this.counts, slot, 1) >= this.limit) {
      Atomics.sub(this.counts, slot, 1);
      return undefined;
    }
    let isCounted = true;
    return () => {
      if (isCounted) Atomics.sub(this.counts, slot, 1);
      isCounted = false;
    };
  }

  /** Remembered: a router comes back for every flow. */
  private slotOf(peer: string): number {
    let slot = this.slots.get(peer);
    if (slot === undefined) {
      slot = createHash('sha256').update(this.seed).update(peer).digest().readUInt32LE() % SLOTS;
      if (this.slots.size >= MOST_REMEMBERED) this.slots.clear();
      this.slots.set(peer, slot);
    }
    return slot;
  }
}
