// Replies under our tag: written by the server, checked by the client.
import type { Families } from '../handshake.ts';
import { replyPrefix, sign, verify } from './auth.ts';
import {
  ALG_HMAC_SHA256_128,
  FAMILY_V4,
  FAMILY_V6,
  HEADER_BYTES,
  REPLY_BYTES,
  REPLY_TAG_AT,
  TLV_REPLY,
  WORD_BYTES,
} from './constants.ts';
import type { HmacKey } from './hmac.ts';
import { encodeMessage, type Tlv } from './message.ts';

/** A reply of our tag and `tlvs`, signed for the request with `requestTag`. */
export function signedReply(
  key: HmacKey,
  requestTag: Uint8Array,
  families: Families | undefined,
  ...tlvs: readonly Uint8Array[]
): Buffer {
  const reply = Buffer.alloc(REPLY_BYTES);
  reply.writeUInt8(TLV_REPLY, 0);
  reply.writeUInt8(REPLY_BYTES / WORD_BYTES, 1);
  reply.writeUInt8(ALG_HMAC_SHA256_128, 2);
  reply.writeUInt8((families?.v4 ? FAMILY_V4 : 0) | (families?.v6 ? FAMILY_V6 : 0), 3);
  const message = encodeMessage(reply, ...tlvs);
  sign(key, replyPrefix(requestTag), message, HEADER_BYTES + REPLY_TAG_AT);
  return message;
}

export function replyIsSigned(
  key: HmacKey,
  requestTag: Uint8Array,
  message: Buffer,
  tlv: Tlv | undefined,
): boolean {
  if (!tlv || tlv.end - tlv.start !== REPLY_BYTES) return false;
  if (message.readUInt8(tlv.start + 2) !== ALG_HMAC_SHA256_128) return false;
  return verify(key, replyPrefix(requestTag), message, tlv.start + REPLY_TAG_AT);
}

/** Undefined when the server does not tell. */
export function replyFamilies(message: Buffer, tlv: Tlv): Families | undefined {
  const bits = message.readUInt8(tlv.start + 3);
  const families = { v4: (bits & FAMILY_V4) !== 0, v6: (bits & FAMILY_V6) !== 0 };
  return families.v4 || families.v6 ? families : undefined;
}
