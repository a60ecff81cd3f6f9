// HMAC-SHA256 (RFC 2104) under keys that stay: what the key itself adds to both hashes is computed once, and no hash
// object is made for a tag. Those of node:crypto take several times as long to make and to free as a tag of some 100 bytes does.
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';

export const HMAC_BYTES = 32;

/** Hold nothing between two calls. */
const running = hmac.create(sha256, new Uint8Array(HMAC_BYTES));
const whole = new Uint8Array(HMAC_BYTES);

let blank = new Uint8Array(64);

export class HmacKey {
  readonly #keyed: ReturnType<typeof hmac.create>;

  constructor(key: Uint8Array) {
    this.#keyed = hmac.create(sha256, key);
  }

  /**
   * Writes the first `out.length` bytes of the tag of `first` and `second` together, of which `blankBytes` from `blankAt` on in
   * `second` count as zeros.
   */
  tag(out: Uint8Array, first: Uint8Array, second: Uint8Array, blankAt = 0, blankBytes = 0): void {
    if (blank.length < blankBytes) blank = new Uint8Array(blankBytes);
    this.#keyed._cloneInto(running);
    running.update(first);
    if (blankBytes > 0) {
      running.update(second.subarray(0, blankAt)).update(blank.subarray(0, blankBytes));
      running.update(second.subarray(blankAt + blankBytes));
    } else running.update(second);
    running.digestInto(whole);
    for (let i = 0; i < out.length; i++) out[i] = whole[i] as number;
  }
}
