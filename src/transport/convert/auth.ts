// The tags of our private TLVs: computed, written and compared in constant time.
import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { TAG_BYTES } from './constants.ts';
import { viewOf } from './message.ts';

const REPLY_LABEL = Buffer.from('wanbond v1 s2c\0', 'latin1');

/** What stands before the message under a request tag. */
export const requestPrefix = (serverId: string): Buffer => Buffer.from(`wanbond v1 c2s\0${serverId}`, 'utf8');

/** What stands before the reply message under its tag. */
export const replyPrefix = (requestTag: Uint8Array): Buffer => Buffer.concat([REPLY_LABEL, requestTag]);

/** What stands before nonce and times under a cookie's tag. */
export const cookiePrefix = (serverId: string): Buffer =>
  Buffer.from(`wanbond v1 cookie\0${serverId}`, 'utf8');

/** Writes the tag of the whole `message` at `tagAt`; the bytes there are overwritten. */
export function sign(key: KeyObject, prefix: Uint8Array, message: Buffer, tagAt: number): void {
  message.fill(0, tagAt, tagAt + TAG_BYTES);
  message.set(tagOf(key, prefix, message), tagAt);
}

/** `message` is left as it was. */
export function verify(key: KeyObject, prefix: Uint8Array, message: Uint8Array, tagAt: number): boolean {
  const blank = Buffer.from(message);
  const given = viewOf(message).subarray(tagAt, tagAt + TAG_BYTES);
  blank.fill(0, tagAt, tagAt + TAG_BYTES);
  return timingSafeEqual(tagOf(key, prefix, blank), given);
}

/** The first 16 bytes of HMAC-SHA256 over the parts, in order. */
export function tagOf(key: KeyObject, ...parts: readonly Uint8Array[]): Buffer {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest().subarray(0, TAG_BYTES);
}
