// The three messages of SOCKS 6: request, authentication reply, operation reply; each read from the start of some bytes.
import { ANY_V4, familyOf, fromV4 } from '../../base/address.ts';
import type { NamedTarget } from '../socks-address.ts';
import * as socks from './constants.ts';
import { decodeOptions, isOptionsLength, type Option, paddingOf } from './options.ts';

/** A request, whose `code` is a command, or an operation reply, which gives the bound address as `target`. */
export interface Addressed {
  readonly code: number;
  readonly target: NamedTarget;
  readonly options: readonly Option[];
  /** Of the whole message. */
  readonly bytes: number;
}

export interface AuthReply {
  readonly type: number;
  readonly options: readonly Option[];
  readonly bytes: number;
}

/** `version`: of another one. `address-type`: its end cannot be found. */
export type Unread = 'more' | 'version' | 'address-type' | 'malformed';

const MAPPED_AT = 12;
const ANY = { address: ANY_V4, port: 0 };

/** @throws RangeError when a name has not 1 to 255 bytes */
export function encodeAddressed(code: number, target: NamedTarget, options: readonly Buffer[]): Buffer {
  const { type, bytes } = encodeAddress(target);
  const head = Buffer.alloc(socks.HEAD_BYTES);
  head[0] = socks.VERSION;
  head[1] = code;
  head.writeUInt16BE(
    options.reduce((sum, one) => sum + one.length, 0),
    2,
  );
  head.writeUInt16BE(target.port, 4);
  head[7] = type;
  return Buffer.concat([head, bytes, ...options]);
}

/** An operation reply; what it is bound to is of no use to a client and told as unspecified. */
export const operationReply = (code: number, options: readonly Buffer[] = []): Buffer =>
  encodeAddressed(code, ANY, options);

export function authReply(type: number, options: readonly Buffer[] = []): Buffer {
  const head = Buffer.of(socks.VERSION, type, 0, 0);
  head.writeUInt16BE(
    options.reduce((sum, one) => sum + one.length, 0),
    2,
  );
  return Buffer.concat([head, ...options]);
}

export function decodeAddressed(bytes: Uint8Array): Addressed | Unread {
  const head = readHead(bytes, socks.HEAD_BYTES);
  if (typeof head === 'string') return head;
  const address = decodeAddress(bytes[7] as number, bytes.subarray(socks.HEAD_BYTES));
  if (typeof address === 'string') return address;
  const optionsAt = socks.HEAD_BYTES + address.bytes;
  const options = readOptions(bytes, optionsAt, head.optionsBytes);
  if (typeof options === 'string') return options;
  const port = ((bytes[4] as number) << 8) | (bytes[5] as number);
  const target = 'name' in address ? { name: address.name, port } : { address: address.address, port };
  return { code: head.code, target, options, bytes: optionsAt + head.optionsBytes };
}

export function decodeAuthReply(bytes: Uint8Array): AuthReply | Unread {
  const head = readHead(bytes, socks.AUTH_HEAD_BYTES);
  if (typeof head === 'string') return head;
  const options = readOptions(bytes, socks.AUTH_HEAD_BYTES, head.optionsBytes);
  if (typeof options === 'string') return options;
  return { type: head.code, options, bytes: socks.AUTH_HEAD_BYTES + head.optionsBytes };
}

function readHead(bytes: Uint8Array, length: number) {
  if (bytes[0] !== undefined && bytes[0] !== socks.VERSION) return 'version';
  if (bytes.length < length) return 'more';
  const optionsBytes = ((bytes[2] as number) << 8) | (bytes[3] as number);
  if (!isOptionsLength(optionsBytes)) return 'malformed';
  return { code: bytes[1] as number, optionsBytes };
}

function readOptions(bytes: Uint8Array, at: number, length: number): Option[] | 'more' | 'malformed' {
  if (bytes.length < at + length) return 'more';
  return decodeOptions(bytes.subarray(at, at + length)) ?? 'malformed';
}

function encodeAddress(target: NamedTarget): { type: number; bytes: Uint8Array } {
  if ('address' in target) {
    return familyOf(target.address) === 4
      ? { type: socks.TYPE_IPV4, bytes: target.address.subarray(MAPPED_AT) }
      : { type: socks.TYPE_IPV6, bytes: target.address };
  }
  const name = Buffer.from(target.name, 'latin1');
  if (name.length === 0 || name.length > 255) throw new RangeError('a name has 1 to 255 bytes');
  const length = 1 + name.length;
  return {
    type: socks.TYPE_NAME,
    bytes: Buffer.concat([Buffer.of(name.length), name], length + paddingOf(length)),
  };
}

function decodeAddress(type: number, bytes: Uint8Array) {
  if (type === socks.TYPE_NAME) return decodeName(bytes);
  if (type !== socks.TYPE_IPV4 && type !== socks.TYPE_IPV6) return 'address-type';
  const length = type === socks.TYPE_IPV4 ? 4 : 16;
  if (bytes.length < length) return 'more';
  return {
    address: type === socks.TYPE_IPV4 ? fromV4(bytes.subarray(0, 4)) : Uint8Array.from(bytes.subarray(0, 16)),
    bytes: length,
  };
}

/**
 * The draft leaves open whether the length counts the padding, and both are written: zeroes at the end of the name are
 * padding, and it ends with a word either way.
 */
function decodeName(bytes: Uint8Array) {
  const length = bytes[0];
  if (length === undefined) return 'more';
  const end = 1 + length + paddingOf(1 + length);
  if (bytes.length < end) return 'more';
  let nameEnd = 1 + length;
  while (nameEnd > 1 && bytes[nameEnd - 1] === 0) nameEnd--;
  if (nameEnd === 1) return 'malformed';
  return { name: Buffer.from(bytes.subarray(1, nameEnd)).toString('latin1'), bytes: end };
}
