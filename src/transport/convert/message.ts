// The RFC 8803 message: a fixed header and TLVs, parsed without copying and never past the declared length.
import type { SocketAddress } from '../../base/address.ts';
import {
  CONNECT_BYTES,
  HEADER_BYTES,
  MAGIC,
  MAX_MESSAGE_BYTES,
  TLV_CONNECT,
  TLV_COOKIE,
  TLV_ERROR,
  TLV_EXTENDED_TCP_HEADER,
  TLV_INFO,
  TLV_SUPPORTED_TCP_EXTENSIONS,
  TLV_WARM,
  VERSION,
  WORD_BYTES,
} from './constants.ts';

/** A TLV's place in its message; the type byte is at `start`. */
export interface Tlv {
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

export type Parsed =
  | { readonly kind: 'more' }
  | { readonly kind: 'message'; readonly message: Buffer; readonly tlvs: readonly Tlv[] }
  | { readonly kind: 'not-convert'; readonly detail: string }
  | { readonly kind: 'version'; readonly version: number }
  | { readonly kind: 'malformed'; readonly message: Buffer; readonly detail: string };

const MORE: Parsed = { kind: 'more' };

/** `message` is a view on `bytes`. */
export function parseMessage(bytes: Uint8Array): Parsed {
  if (bytes.length < HEADER_BYTES) return MORE;
  const view = viewOf(bytes);
  if (view.readUInt16BE(2) !== MAGIC) return { kind: 'not-convert', detail: 'no Convert magic number' };
  const version = view.readUInt8(0);
  if (version !== VERSION) return { kind: 'version', version };
  const total = view.readUInt8(1) * WORD_BYTES;
  if (total === 0) return { kind: 'not-convert', detail: 'total length 0' };
  if (view.length < total) return MORE;
  return parseTlvs(view.subarray(0, total));
}

function parseTlvs(message: Buffer): Parsed {
  const tlvs: Tlv[] = [];
  for (let at = HEADER_BYTES; at < message.length; ) {
    const type = message.readUInt8(at);
    const bytes = message.readUInt8(at + 1) * WORD_BYTES;
    const end = at + bytes;
    if (bytes === 0 || end > message.length) return malformed(message, `TLV ${type} has a bad length`);
    if (findTlv(tlvs, type)) return malformed(message, `TLV ${type} appears twice`);
    tlvs.push({ type, start: at, end });
    at = end;
  }
  return { kind: 'message', message, tlvs };
}

function malformed(message: Buffer, detail: string): Parsed {
  return { kind: 'malformed', message, detail };
}

export function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function findTlv(tlvs: readonly Tlv[], type: number): Tlv | undefined {
  for (const tlv of tlvs) if (tlv.type === type) return tlv;
  return undefined;
}

/** A message of the given TLVs. */
export function encodeMessage(...tlvs: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  const message = Buffer.concat([header, ...tlvs]);
  writeHeader(message, message.length);
  return message;
}

export function writeHeader(out: Buffer, messageBytes: number): void {
  out.writeUInt8(VERSION, 0);
  out.writeUInt8(messageBytes / WORD_BYTES, 1);
  out.writeUInt16BE(MAGIC, 2);
}

/** A Connect TLV without TCP options. */
export function connectTlv(target: SocketAddress): Buffer {
  const out = Buffer.alloc(CONNECT_BYTES);
  out.writeUInt8(TLV_CONNECT, 0);
  out.writeUInt8(CONNECT_BYTES / WORD_BYTES, 1);
  out.writeUInt16BE(target.port, 2);
  out.set(target.address, 4);
  return out;
}

/** Asks which TCP extensions the server supports. */
export const infoTlv = (): Buffer => tlvOf(TLV_INFO, [0, 0], new Uint8Array(0));

/** Asks to keep the connection for a hello that comes later. */
export const warmTlv = (): Buffer => Buffer.from([TLV_WARM, 1, 0, 0]);

/** The target in a Connect TLV of at least CONNECT_BYTES. */
export function readConnect(message: Buffer, tlv: Tlv): SocketAddress {
  const address = new Uint8Array(CONNECT_BYTES - 4);
  for (let i = 0; i < address.length; i++) address[i] = message[tlv.start + 4 + i] as number;
  return { address, port: message.readUInt16BE(tlv.start + 2) };
}

/** The value, padded with zeros, behind `head` bytes of which the first is the type and the second the length. */
function tlvOf(type: number, head: readonly number[], value: Uint8Array): Buffer {
  const bytes = Math.ceil((2 + head.length + value.length) / WORD_BYTES) * WORD_BYTES;
  const out = Buffer.alloc(bytes);
  out.writeUInt8(type, 0);
  out.writeUInt8(bytes / WORD_BYTES, 1);
  out.set(head, 2);
  out.set(value, 2 + head.length);
  return out;
}

export const cookieTlv = (value: Uint8Array): Buffer => tlvOf(TLV_COOKIE, [0, 0], value);
export const extensionsTlv = (...kinds: readonly number[]): Buffer =>
  tlvOf(TLV_SUPPORTED_TCP_EXTENSIONS, [0, 0], Uint8Array.from(kinds));
/** `options` as in a TCP header. */
export const extendedHeaderTlv = (options: Uint8Array): Buffer =>
  tlvOf(TLV_EXTENDED_TCP_HEADER, [0, 0], options);

/** `value` is cut where it would not fit into one message beside `besideBytes` of other TLVs. */
export function errorTlv(code: number, value: Uint8Array, besideBytes = 0): Buffer {
  const room = MAX_MESSAGE_BYTES - HEADER_BYTES - besideBytes - 3;
  return tlvOf(TLV_ERROR, [code], value.subarray(0, room));
}
