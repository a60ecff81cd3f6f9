// HMAC-SHA256 (RFC 2104) under keys that stay: what the key itself adds to both hashes is computed once.
import { BLOCK_BYTES, compress, INITIAL, STATE_WORDS } from './sha256.ts';

export const HMAC_BYTES = 32;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;
// Behind the message: one bit, and its length in bits in 64 bits.
const TAIL_BYTES = 9;

/** Grows where a message is longer. Both hold nothing between two calls. */
let scratch = new Uint8Array(32 * BLOCK_BYTES);
const state = new Int32Array(STATE_WORDS);
const outerBlock = new Uint8Array(BLOCK_BYTES);

export class HmacKey {
  readonly #inner: Int32Array;
  readonly #outer: Int32Array;

  /** @param key at most a block long, 64 bytes */
  constructor(key: Uint8Array) {
    if (key.length > BLOCK_BYTES)
      throw new RangeError(`a key of ${key.length} bytes would have to be hashed`);
    this.#inner = padded(key, INNER_PAD);
    this.#outer = padded(key, OUTER_PAD);
  }

  /**
   * Writes the first `out.length` bytes of the tag of `first` and `second` together, of which `blankBytes` from `blankAt` on in
   * `second` count as zeros.
   */
  tag(out: Uint8Array, first: Uint8Array, second: Uint8Array, blankAt = 0, blankBytes = 0): void {
    const bytes = first.length + second.length;
    const end = roundUp(bytes + TAIL_BYTES);
    if (scratch.length < end) scratch = new Uint8Array(end);
    scratch.set(first);
    scratch.set(second, first.length);
    scratch.fill(0, first.length + blankAt, first.length + blankAt + blankBytes);
    finishBlocks(scratch, bytes, end);
    state.set(this.#inner);
    for (let at = 0; at < end; at += BLOCK_BYTES) compress(state, scratch, at);
    writeState(outerBlock, HMAC_BYTES);
    finishBlocks(outerBlock, HMAC_BYTES, BLOCK_BYTES);
    state.set(this.#outer);
    compress(state, outerBlock, 0);
    writeState(out, out.length);
  }
}

/** The state behind the block that a key makes. */
function padded(key: Uint8Array, pad: number): Int32Array {
  const block = new Uint8Array(BLOCK_BYTES).fill(pad);
  for (let i = 0; i < key.length; i++) block[i] = (key[i] as number) ^ pad;
  const after = Int32Array.from(INITIAL);
  compress(after, block, 0);
  return after;
}

const roundUp = (bytes: number): number => Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;

/** Behind a message of `bytes`, which the block of the key is counted to. */
function finishBlocks(blocks: Uint8Array, bytes: number, end: number): void {
  blocks.fill(0, bytes, end);
  blocks[bytes] = 0x80;
  const bits = (BLOCK_BYTES + bytes) * 8;
  for (let i = 1; i <= 4; i++) blocks[end - i] = bits >>> ((i - 1) * 8);
}

function writeState(out: Uint8Array, bytes: number): void {
  for (let i = 0; i < bytes; i++) out[i] = (state[i >> 2] as number) >>> (24 - (i & 3) * 8);
}
