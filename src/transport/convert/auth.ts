// The tags of our private TLVs: computed, written and compared in constant time.
import { TAG_BYTES } from './constants.ts';
import type { HmacKey } from './hmac.ts';

const REPLY_LABEL = Buffer.from('wanbond v1 s2c\0', 'latin1');

/** What stands before the message under a request tag. */
export const requestPrefix = (serverId: string): Buffer => Buffer.from(`wanbond v1 c2s\0${serverId}`, 'utf8');

/** What stands before the reply message under its tag. */
export const replyPrefix = (requestTag: Uint8Array): Buffer => Buffer.concat([REPLY_LABEL, requestTag]);

/** What stands before nonce and times under a cookie's tag. */
export const cookiePrefix = (serverId: string): Buffer =>
  Buffer.from(`wanbond v1 cookie\0${serverId}`, 'utf8');

/** Holds nothing between two calls. */
const scratchTag = new Uint8Array(TAG_BYTES);

/** Writes the tag of the whole `message` at `tagAt`; the bytes there are overwritten. */
export function sign(key: HmacKey, prefix: Uint8Array, message: Uint8Array, tagAt: number): void {
  key.tag(scratchTag, prefix, message, tagAt, TAG_BYTES);
  message.set(scratchTag, tagAt);
}

/** `message` is left as it was. Takes the same time wherever the tags differ. */
export function verify(key: HmacKey, prefix: Uint8Array, message: Uint8Array, tagAt: number): boolean {
  key.tag(scratchTag, prefix, message, tagAt, TAG_BYTES);
  let difference = message.length < tagAt + TAG_BYTES ? 1 : 0;
  for (let i = 0; i < TAG_BYTES; i++)
    difference |= (scratchTag[i] as number) ^ (message[tagAt + i] as number);
  return difference === 0;
}

/** The first 16 bytes of HMAC-SHA256 over both, in order. */
export function tagOf(key: HmacKey, first: Uint8Array, second: Uint8Array): Buffer {
  const tag = Buffer.alloc(TAG_BYTES);
  key.tag(tag, first, second);
  return tag;
}
