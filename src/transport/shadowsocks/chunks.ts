// The body of a direction: chunks of a sealed length and a sealed payload, cut and put together again.
import { type Opener, type Sealer, TAG_BYTES } from './aead.ts';

const LENGTH_BYTES = 2;
const SEALED_LENGTH_BYTES = LENGTH_BYTES + TAG_BYTES;
const CHUNK_EXTRA_BYTES = SEALED_LENGTH_BYTES + TAG_BYTES;
const NOTHING: Buffer = Buffer.alloc(0);

/** The sealed size of `bytes` plain ones in chunks of at most `chunkBytes`. */
export const sealedBytes = (bytes: number, chunkBytes: number): number =>
  bytes + Math.ceil(bytes / chunkBytes) * CHUNK_EXTRA_BYTES;

export class ChunkSealer {
  readonly #sealer: Sealer;
  readonly #chunkBytes: number;
  readonly #length = Buffer.alloc(LENGTH_BYTES);

  constructor(sealer: Sealer, chunkBytes: number) {
    this.#sealer = sealer;
    this.#chunkBytes = chunkBytes;
  }

  /** Writes `plain` in chunks to `into` from `at` on, which has room for `sealedBytes`; returns where they end. */
  seal(plain: Uint8Array, into: Buffer, at = 0): number {
    let end = at;
    for (let from = 0; from < plain.length; from += this.#chunkBytes) {
      const part = plain.subarray(from, from + this.#chunkBytes);
      this.#length.writeUInt16BE(part.length);
      end = this.#sealer.seal(part, into, this.#sealer.seal(this.#length, into, end));
    }
    return end;
  }
}

export class ChunkOpener {
  readonly #opener: Opener;
  readonly #chunkBytes: number;
  /** Of a chunk that has begun: its payload's length, once that is open. */
  #length: number | undefined;
  #rest: Buffer = NOTHING;
  #isForged = false;

  /** `firstBytes` is the length of a first payload that a header has told already. */
  constructor(opener: Opener, chunkBytes: number, firstBytes?: number) {
    this.#opener = opener;
    this.#chunkBytes = chunkBytes;
    this.#length = firstBytes;
  }

  /** Bytes are held back that make no whole chunk yet: an end of the stream here is a cut. */
  get isInside(): boolean {
    return this.#rest.length > 0 || this.#length !== undefined;
  }

  /**
   * Takes the next bytes of the stream; returns the plain bytes of every chunk that is whole now, in order. Undefined
   * for ever once a chunk was forged or has a length that the edition forbids; chunks before it are given out first.
   */
  open(bytes: Uint8Array): Buffer[] | undefined {
    if (this.#isForged) return undefined;
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const plain: Buffer[] = [];
    let at = 0;
    for (;;) {
      const wanted = this.#length === undefined ? SEALED_LENGTH_BYTES : this.#length + TAG_BYTES;
      if (all.length - at < wanted) break;
      const opened = this.#opener.open(all.subarray(at, at + wanted));
      at += wanted;
      if (!opened || !this.#take(opened, plain)) {
        this.#isForged = true;
        this.#rest = NOTHING;
        return plain.length > 0 ? plain : undefined;
      }
    }
    this.#rest = at === all.length ? NOTHING : Buffer.from(all.subarray(at));
    return plain;
  }

  #take(opened: Buffer, plain: Buffer[]): boolean {
    if (this.#length === undefined) {
      this.#length = opened.readUInt16BE();
      return this.#length <= this.#chunkBytes;
    }
    this.#length = undefined;
    if (opened.length > 0) plain.push(opened);
    return true;
  }
}
