// A target as SOCKS 5 writes it (RFC 1928 section 5), which Shadowsocks took over: type, address or name, port.
import { type Address, familyOf, fromV4 } from '../base/address.ts';

/** Whom to dial: an address, or a name that the far end resolves. */
export type NamedTarget =
  | { readonly address: Address; readonly port: number }
  /** 1 to 255 bytes of ASCII, not checked further: a name that nobody knows does not resolve. */
  | { readonly name: string; readonly port: number };

const IPV4 = 1;
const NAME = 3;
const IPV6 = 4;
const PORT_BYTES = 2;
const MAPPED_AT = 12;

/** At most 259 bytes. @throws RangeError when a name has not 1 to 255 bytes */
export function encodeTarget(target: NamedTarget): Buffer {
  const port = Buffer.alloc(PORT_BYTES);
  port.writeUInt16BE(target.port);
  if ('address' in target) {
    const { address } = target;
    return familyOf(address) === 4
      ? Buffer.concat([Buffer.of(IPV4), address.subarray(MAPPED_AT), port])
      : Buffer.concat([Buffer.of(IPV6), address, port]);
  }
  const name = Buffer.from(target.name, 'latin1');
  if (name.length === 0 || name.length > 255) throw new RangeError('a name has 1 to 255 bytes');
  return Buffer.concat([Buffer.of(NAME, name.length), name, port]);
}

export type DecodedTarget = { readonly target: NamedTarget; readonly bytes: number } | 'more' | 'malformed';

/** Reads a target at the start of `bytes`. `malformed` is an unknown type or an empty name. */
export function decodeTarget(bytes: Uint8Array): DecodedTarget {
  const type = bytes[0];
  if (type === undefined) return 'more';
  if (type !== IPV4 && type !== IPV6 && type !== NAME) return 'malformed';
  const from = type === NAME ? 2 : 1;
  const length = type === NAME ? bytes[1] : type === IPV4 ? 4 : 16;
  if (length === undefined) return 'more';
  if (length === 0) return 'malformed';
  const end = from + length + PORT_BYTES;
  if (bytes.length < end) return 'more';
  const value = bytes.subarray(from, from + length);
  const port = ((bytes[end - 2] as number) << 8) | (bytes[end - 1] as number);
  if (type === NAME) return { target: { name: Buffer.from(value).toString('latin1'), port }, bytes: end };
  return { target: { address: type === IPV6 ? Uint8Array.from(value) : fromV4(value), port }, bytes: end };
}
