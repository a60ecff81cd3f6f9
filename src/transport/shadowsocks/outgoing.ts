// What one end sends: its header once, then chunks; both editions.
import { TAG_BYTES } from './aead.ts';
import type { ChunkSealer } from './chunks.ts';
import { sealedBytes } from './chunks.ts';

// Salt 32, identity headers 2 x 16, fixed header 43 and target 259 with their tags, padding 900: with room.
const HEADER_ROOM_BYTES = 2048;

export class Outgoing {
  readonly #chunks: ChunkSealer;
  readonly #chunkBytes: number;
  /** Writes the header, with as much of `plain` as it takes; tells where it ends and how much it took. */
  #header: ((plain: Uint8Array, into: Buffer) => { end: number; taken: number }) | undefined;

  constructor(
    chunks: ChunkSealer,
    chunkBytes: number,
    header: (plain: Uint8Array, into: Buffer) => { end: number; taken: number },
  ) {
    this.#chunks = chunks;
    this.#chunkBytes = chunkBytes;
    this.#header = header;
  }

  sealedBytes(plainBytes: number): number {
    return sealedBytes(plainBytes, this.#chunkBytes) + TAG_BYTES + (this.#header ? HEADER_ROOM_BYTES : 0);
  }

  seal(plain: Uint8Array, into: Buffer): number {
    if (!this.#header) return this.#chunks.seal(plain, into);
    const { end, taken } = this.#header(plain, into);
    this.#header = undefined;
    return this.#chunks.seal(plain.subarray(taken), into, end);
  }
}
