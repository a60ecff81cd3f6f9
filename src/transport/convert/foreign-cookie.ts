// Cookies for clients without a key: they show that the client gets what is sent to its address (RFC 8803, 6.2.7).
//
// 16 bytes: HMAC-SHA256(secret, "wanbond foreign cookie\0" | number of the hour u64 | address 16)[0..16]. Nothing is kept per
// client. A cookie is good in the hour of its issue and the next, and until the server restarts: its secret is new then.
import { timingSafeEqual } from 'node:crypto';
import type { Address } from '../../base/address.ts';
import { tagOf } from './auth.ts';
import { writeTimeMs } from './clock.ts';
import { TAG_BYTES } from './constants.ts';
import { HmacKey } from './hmac.ts';

// One that was overheard is soon worth nothing, and a client of every day pays its round trip only now and then.
const PERIOD_MS = 3_600_000;
const LABEL = Buffer.from('wanbond foreign cookie\0', 'latin1');

export class ForeignCookies {
  readonly #secret: HmacKey;
  readonly #now: () => number;

  /**
   * @param secret random bytes, the same in all workers
   * @param now milliseconds since 1970 on a clock that never steps
   */
  constructor(secret: Uint8Array, now: () => number) {
    this.#secret = new HmacKey(secret);
    this.#now = now;
  }

  issue(client: Address): Buffer {
    return this.#of(client, this.#period());
  }

  isGood(client: Address, cookie: Uint8Array): boolean {
    if (cookie.length !== TAG_BYTES) return false;
    const period = this.#period();
    // Both are always computed: how long it takes tells nothing.
    const isOfNow = timingSafeEqual(this.#of(client, period), cookie);
    const isOfBefore = timingSafeEqual(this.#of(client, period - 1), cookie);
    return isOfNow || isOfBefore;
  }

  #period(): number {
    return Math.floor(this.#now() / PERIOD_MS);
  }

  #of(client: Address, period: number): Buffer {
    const number = Buffer.alloc(8);
    writeTimeMs(number, 0, period);
    return tagOf(this.#secret, LABEL, Buffer.concat([number, client]));
  }
}
