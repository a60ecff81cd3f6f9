// A TCP header (RFC 9293) as bytes: built with its checksum, and read without it (the kernel has looked at it).
import { type Address, familyOf } from '../../../base/address.ts';

export const SYN = 0x02;
export const RST = 0x04;
export const ACK = 0x10;

export interface Segment {
  readonly fromPort: number;
  readonly toPort: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly flags: number;
  /** A multiple of 4 bytes, at most 40. */
  readonly options: Buffer;
}

const HEADER_BYTES = 20;
const PROTOCOL_TCP = 6;
// Ours: a handshake needs no more, and no window scale is offered.
const WINDOW = 65_535;

export function encodeSegment(segment: Segment, from: Address, to: Address): Buffer {
  const out = Buffer.alloc(HEADER_BYTES + segment.options.length);
  out.writeUInt16BE(segment.fromPort, 0);
  out.writeUInt16BE(segment.toPort, 2);
  out.writeUInt32BE(segment.sequence >>> 0, 4);
  out.writeUInt32BE(segment.acknowledgment >>> 0, 8);
  out.writeUInt8((out.length / 4) << 4, 12);
  out.writeUInt8(segment.flags, 13);
  out.writeUInt16BE(WINDOW, 14);
  out.set(segment.options, HEADER_BYTES);
  out.writeUInt16BE(checksum(out, from, to), 16);
  return out;
}

/** Undefined for what is no whole header. */
export function decodeSegment(bytes: Buffer): Segment | undefined {
  const headerBytes = ((bytes[12] ?? 0) >> 4) * 4;
  if (headerBytes < HEADER_BYTES || bytes.length < headerBytes) return undefined;
  return {
    fromPort: bytes.readUInt16BE(0),
    toPort: bytes.readUInt16BE(2),
    sequence: bytes.readUInt32BE(4),
    acknowledgment: bytes.readUInt32BE(8),
    flags: bytes.readUInt8(13),
    options: bytes.subarray(HEADER_BYTES, headerBytes),
  };
}

/** Over the pseudo header (RFC 9293 section 3.1, RFC 8200 section 8.1) and the segment. */
function checksum(segment: Buffer, from: Address, to: Address): number {
  const skip = familyOf(from) === 4 ? 12 : 0;
  let sum = PROTOCOL_TCP + segment.length + wordSum(from.subarray(skip)) + wordSum(to.subarray(skip));
  sum += wordSum(segment);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}

function wordSum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  return sum;
}
