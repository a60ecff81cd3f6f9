// The Resume TLV: a hello that goes on with the flow of an earlier one.
import type { ResumePoint } from '../handshake.ts';
import {
  FLAG_ANSWERED,
  NONCE_BYTES,
  RESUME_ATTEMPT_AT,
  RESUME_BYTES,
  RESUME_FLAGS_AT,
  RESUME_FROM_AT,
  RESUME_NONCE_AT,
  RESUME_RECEIVED_AT,
  TLV_RESUME,
  WORD_BYTES,
} from './constants.ts';
import type { Tlv } from './message.ts';

export interface ResumeRequest {
  /** Of the first hello of the flow, 16 bytes; a view on the message. */
  readonly nonce: Buffer;
  readonly point: ResumePoint;
}

export function resumeTlv(nonce: Uint8Array, point: ResumePoint): Buffer {
  const out = Buffer.alloc(RESUME_BYTES);
  out.writeUInt8(TLV_RESUME, 0);
  out.writeUInt8(RESUME_BYTES / WORD_BYTES, 1);
  out.writeUInt8(point.attempt, RESUME_ATTEMPT_AT);
  out.writeUInt8(point.isAnswered ? FLAG_ANSWERED : 0, RESUME_FLAGS_AT);
  out.set(nonce, RESUME_NONCE_AT);
  out.writeUInt32BE(point.from, RESUME_FROM_AT);
  out.writeUInt32BE(point.received, RESUME_RECEIVED_AT);
  return out;
}

/** Undefined when it has another size, flags that are not known, or no attempt. */
export function readResume(message: Buffer, { start, end }: Tlv): ResumeRequest | undefined {
  if (end - start !== RESUME_BYTES) return undefined;
  const attempt = message.readUInt8(start + RESUME_ATTEMPT_AT);
  const flags = message.readUInt8(start + RESUME_FLAGS_AT);
  if (attempt === 0 || (flags & ~FLAG_ANSWERED) !== 0) return undefined;
  const nonceAt = start + RESUME_NONCE_AT;
  return {
    nonce: message.subarray(nonceAt, nonceAt + NONCE_BYTES),
    point: {
      attempt,
      isAnswered: flags === FLAG_ANSWERED,
      from: message.readUInt32BE(start + RESUME_FROM_AT),
      received: message.readUInt32BE(start + RESUME_RECEIVED_AT),
    },
  };
}
