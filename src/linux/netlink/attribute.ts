// Attributes (struct rtattr, struct nlattr): length, type, payload, padded to 4 bytes. Whatever is cut short or of an
// unexpected size reads as missing; no bytes make these functions throw.
import { type Address, type Family, fromV4 } from '../../base/address.ts';

const HEADER_BYTES = 4;
// NLA_TYPE_MASK: the two upper bits say "nested" and "network order".
const TYPE_MASK = 0x3fff;

/** The payloads by type; of a type that comes twice the last. They are views of `bytes`. */
export type Attributes = ReadonlyMap<number, Buffer>;

export function readAttributes(bytes: Buffer): Attributes {
  const found = new Map<number, Buffer>();
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = bytes.readUInt16LE(at);
    if (length < HEADER_BYTES || at + length > bytes.length) break;
    found.set(bytes.readUInt16LE(at + 2) & TYPE_MASK, bytes.subarray(at + HEADER_BYTES, at + length));
    at += align(length);
  }
  return found;
}

export function align(length: number): number {
  return (length + 3) & ~3;
}

export function readU8(attributes: Attributes, type: number): number | undefined {
  const payload = attributes.get(type);
  return payload && payload.length >= 1 ? payload[0] : undefined;
}

export function readU16(attributes: Attributes, type: number): number | undefined {
  const payload = attributes.get(type);
  return payload && payload.length >= 2 ? payload.readUInt16LE(0) : undefined;
}

export function readU32(attributes: Attributes, type: number): number | undefined {
  const payload = attributes.get(type);
  return payload && payload.length >= 4 ? payload.readUInt32LE(0) : undefined;
}

export function readText(attributes: Attributes, type: number): string | undefined {
  const payload = attributes.get(type);
  if (!payload) return undefined;
  const end = payload.indexOf(0);
  return payload.toString('utf8', 0, end < 0 ? payload.length : end);
}

/** A copy in the 16-byte form; undefined when the payload is no address of `family`. */
export function readAddress(attributes: Attributes, type: number, family: Family): Address | undefined {
  const payload = attributes.get(type);
  return payload && payload.length === (family === 4 ? 4 : 16) ? toAddress(payload) : undefined;
}

/** A copy of 4 or 16 bytes in the 16-byte form; undefined for any other number of them. */
export function toAddress(payload: Uint8Array): Address | undefined {
  if (payload.length === 16) return Uint8Array.from(payload);
  return payload.length === 4 ? fromV4(payload) : undefined;
}

export function encodeAttribute(type: number, payload: Uint8Array): Buffer {
  const out = Buffer.alloc(align(HEADER_BYTES + payload.length));
  out.writeUInt16LE(HEADER_BYTES + payload.length, 0);
  out.writeUInt16LE(type, 2);
  out.set(payload, HEADER_BYTES);
  return out;
}

export function encodeU8(type: number, value: number): Buffer {
  return encodeAttribute(type, Uint8Array.of(value));
}

export function encodeU16(type: number, value: number): Buffer {
  const payload = Buffer.alloc(2);
  payload.writeUInt16LE(value);
  return encodeAttribute(type, payload);
}

export function encodeU32(type: number, value: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32LE(value);
  return encodeAttribute(type, payload);
}
