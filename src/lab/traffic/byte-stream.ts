// The test bytes of the lab: a stream that both ends can make from a seed, cheap enough for several Gbit/s.
import { createHash } from 'node:crypto';

const BLOCK_BYTES = 1 << 20;
// Each block of the stream is the same random block, rotated by a multiple of this. It is odd, so the rotation
// comes round only after 2^20 blocks, and it is no multiple of a segment or a pipe, so a lost or doubled piece shows.
const STRIDE_BYTES = 4099;

// The block twice in a row: every rotation is then one contiguous view and nothing is copied.
let doubled: Buffer | undefined;

function block(): Buffer {
  if (!doubled) {
    const once = createHash('shake256', { outputLength: BLOCK_BYTES }).update('wanbond lab').digest();
    doubled = Buffer.concat([once, once]);
  }
  return doubled;
}

export class ByteStream {
  readonly #seed: number;
  readonly #bytes: number;
  #position = 0;

  /** `bytes` may be Infinity. */
  constructor(seed: number, bytes: number) {
    this.#seed = seed;
    this.#bytes = bytes;
  }

  get remainingBytes(): number {
    return this.#bytes - this.#position;
  }

  /** The next 1 to `maxBytes` bytes as a view that must not be written to; undefined at the end. */
  next(maxBytes: number): Buffer | undefined {
    if (this.remainingBytes <= 0) return undefined;
    const inBlock = this.#position % BLOCK_BYTES;
    const index = Math.floor(this.#position / BLOCK_BYTES) + this.#seed;
    const start = ((index * STRIDE_BYTES) % BLOCK_BYTES) + inBlock;
    const length = Math.min(maxBytes, BLOCK_BYTES - inBlock, this.remainingBytes);
    this.#position += length;
    return block().subarray(start, start + length);
  }
}

/** The SHA-256, in hex, of the first `bytes` bytes of the stream of `seed`. */
export function streamSha256(seed: number, bytes: number): string {
  const hash = createHash('sha256');
  const stream = new ByteStream(seed, bytes);
  for (let chunk = stream.next(BLOCK_BYTES); chunk; chunk = stream.next(BLOCK_BYTES)) hash.update(chunk);
  return hash.digest('hex');
}
