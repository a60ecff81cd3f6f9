// What one end receives: a header of known size, then chunks; however the stream is split.
import type { ChunkOpener } from './chunks.ts';

const NOTHING: Buffer = Buffer.alloc(0);

/** Reads a whole header; undefined when it is forged or stale. */
export type ReadHeader = (header: Uint8Array) => ChunkOpener | undefined;

export class Incoming {
  readonly #headerBytes: number;
  readonly #readHeader: ReadHeader;
  #waiting: Buffer = NOTHING;
  #chunks: ChunkOpener | undefined;
  #isForged = false;

  constructor(headerBytes: number, readHeader: ReadHeader) {
    this.#headerBytes = headerBytes;
    this.#readHeader = readHeader;
  }

  get isInside(): boolean {
    return this.#chunks ? this.#chunks.isInside : this.#waiting.length > 0;
  }

  open(bytes: Uint8Array): readonly Buffer[] | undefined {
    if (this.#chunks) return this.#chunks.open(bytes);
    if (this.#isForged) return undefined;
    this.#waiting = Buffer.concat([this.#waiting, bytes]);
    if (this.#waiting.length < this.#headerBytes) return [];
    const opened = this.#readHeader(this.#waiting.subarray(0, this.#headerBytes));
    const rest = this.#waiting.subarray(this.#headerBytes);
    this.#waiting = NOTHING;
    if (!opened) {
      this.#isForged = true;
      return undefined;
    }
    this.#chunks = opened;
    return opened.open(rest);
  }
}
