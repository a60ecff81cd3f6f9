// IP addresses as 16 bytes (IPv4 as ::ffff:a.b.c.d), the form that RFC 8803 and dual-stack sockets share.
import ipaddr from 'ipaddr.js';
import { WanbondError } from './error.ts';

/** 16 bytes, network order; an IPv4 address is v4-mapped (RFC 4291 section 2.5.5.2). */
export type Address = Uint8Array;

export type Family = 4 | 6;

export interface SocketAddress {
  readonly address: Address;
  /** 0 to 65535. */
  readonly port: number;
}

const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff] as const;

/** Of the four bytes of an IPv4 address. */
export function fromV4(v4: Iterable<number>): Address {
  return Uint8Array.of(...MAPPED_PREFIX, ...v4);
}

export const ANY_V4 = fromV4([0, 0, 0, 0]);
export const ANY_V6: Address = new Uint8Array(16);
export const LOOPBACKS: readonly Address[] = [
  fromV4([127, 0, 0, 1]),
  Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
];

export function familyOf(address: Address): Family {
  for (let i = 0; i < 12; i++) if (address[i] !== MAPPED_PREFIX[i]) return 6;
  return 4;
}

/** @throws WanbondError `bad-address` when `text` is no IPv4 or IPv6 address. */
export function parseAddress(text: string): Address {
  const isFourParts = ipaddr.IPv4.isValidFourPartDecimal(text);
  if (!isFourParts && !(text.includes(':') && !text.includes('%') && ipaddr.IPv6.isValid(text))) {
    throw new WanbondError({
      code: 'bad-address',
      message: `"${text}" is not an IP address`,
      hint: 'Write an IPv4 address like 192.0.2.1 or an IPv6 address like 2001:db8::1.',
    });
  }
  const parsed = ipaddr.parse(text);
  const v6 = parsed instanceof ipaddr.IPv4 ? parsed.toIPv4MappedAddress() : parsed;
  return Uint8Array.from(v6.toByteArray());
}

/** IPv4 in dotted form, IPv6 in the form of RFC 5952. */
export function formatAddress(address: Address): string {
  if (familyOf(address) === 4) return `${address[12]}.${address[13]}.${address[14]}.${address[15]}`;
  return new ipaddr.IPv6([...address]).toRFC5952String();
}

export function formatSocketAddress({ address, port }: SocketAddress): string {
  return familyOf(address) === 4
    ? `${formatAddress(address)}:${port}`
    : `[${formatAddress(address)}]:${port}`;
}

export function sameAddress(a: Address, b: Address): boolean {
  // From the end: those of IPv4 all begin alike.
  for (let i = 15; i >= 0; i--) if (a[i] !== b[i]) return false;
  return true;
}

/** Each once, in the order of their first. */
export function uniqueAddresses(all: readonly Address[]): Address[] {
  return all.filter((one, i) => all.findIndex((other) => sameAddress(one, other)) === i);
}
