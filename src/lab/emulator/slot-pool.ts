// Packet buffers made once and used again, the last returned first, so that memory and cache hold only what is on its way.

// A TUN without offloads gives packets of at most its MTU, 1500.
export const SLOT_BYTES = 2048;
const GROWTH = 256;

export class SlotPool {
  readonly #buffers: Buffer[] = [];
  readonly #free: number[] = [];

  /** A free slot; the pool grows only while more packets are on their way than ever before. */
  take(): number {
    return this.#free.pop() ?? this.#grow();
  }

  give(slot: number): void {
    this.#free.push(slot);
  }

  buffer(slot: number): Buffer {
    return this.#buffers[slot] as Buffer;
  }

  get size(): number {
    return this.#buffers.length;
  }

  #grow(): number {
    const chunk = Buffer.allocUnsafeSlow(GROWTH * SLOT_BYTES);
    for (let i = 0; i < GROWTH; i++) {
      this.#free.push(this.#buffers.length);
      this.#buffers.push(chunk.subarray(i * SLOT_BYTES, (i + 1) * SLOT_BYTES));
    }
    return this.#free.pop() as number;
  }
}
