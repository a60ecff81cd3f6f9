// The cookie that stands in for a clock: the server's word, under the router's key, that a nonce is recent.
import { timingSafeEqual } from 'node:crypto';
import { tagOf } from './auth.ts';
import { readTimeMs, writeTimeMs } from './clock.ts';
import { COOKIE_BYTES, COOKIE_EXPIRES_AT, COOKIE_GOOD_MS, COOKIE_TAG_AT } from './constants.ts';
import type { HmacKey } from './hmac.ts';

export function issueCookie(key: HmacKey, prefix: Uint8Array, nonce: Uint8Array, nowMs: number): Buffer {
  const cookie = Buffer.alloc(COOKIE_BYTES);
  writeTimeMs(cookie, 0, nowMs);
  writeTimeMs(cookie, COOKIE_EXPIRES_AT, nowMs + COOKIE_GOOD_MS);
  cookie.set(tagOf(key, prefix, Buffer.concat([nonce, cookie.subarray(0, COOKIE_TAG_AT)])), COOKIE_TAG_AT);
  return cookie;
}

/** When the server wrote it. */
export const cookieIssuedAtMs = (cookie: Buffer): number => readTimeMs(cookie, 0);

/** A cookie from before `startedAtMs` is no good: the nonce set that would catch its second use is gone. */
export function cookieIsGood(
  key: HmacKey,
  prefix: Uint8Array,
  nonce: Uint8Array,
  cookie: Buffer,
  nowMs: number,
  startedAtMs: number,
): boolean {
  if (cookie.length !== COOKIE_BYTES) return false;
  const tag = tagOf(key, prefix, Buffer.concat([nonce, cookie.subarray(0, COOKIE_TAG_AT)]));
  if (!timingSafeEqual(tag, cookie.subarray(COOKIE_TAG_AT))) return false;
  const issuedAtMs = readTimeMs(cookie, 0);
  return (
    issuedAtMs >= Math.floor(startedAtMs) &&
    issuedAtMs <= nowMs &&
    nowMs <= readTimeMs(cookie, COOKIE_EXPIRES_AT)
  );
}
