// Address prefixes in the 16-byte form, and the question whether an address lies in one.
import { type Address, type Family, familyOf, formatAddress, parseAddress } from './address.ts';
import { WanbondError } from './error.ts';

/** What stands before an IPv4 address in the 16-byte form. */
const MAPPED_BITS = 96;

export interface Prefix {
  /** Host bits are zero. */
  readonly address: Address;
  /** Bits in the 16-byte form, 0 to 128: 10.0.0.0/8 has 104. */
  readonly bits: number;
}

/** @throws WanbondError `bad-prefix` for bad text, a length out of range, or host bits that are set. */
export function parsePrefix(text: string): Prefix {
  const slash = text.indexOf('/');
  const addressText = slash < 0 ? text : text.slice(0, slash);
  let address: Address;
  try {
    address = parseAddress(addressText);
  } catch (cause) {
    throw badPrefix(text, 'is not an address prefix', cause);
  }
  const family = addressText.includes(':') ? 6 : 4;
  const width = family === 4 ? 32 : 128;
  const lengthText = slash < 0 ? String(width) : text.slice(slash + 1);
  const length = /^\d{1,3}$/.test(lengthText) ? Number(lengthText) : Number.NaN;
  if (!(length >= 0 && length <= width)) throw badPrefix(text, `has a length outside 0 to ${width}`);
  const bits = family === 4 ? length + MAPPED_BITS : length;
  const masked = maskAddress(address, bits);
  if (!masked.every((byte, i) => byte === address[i])) {
    throw badPrefix(
      text,
      `has bits set after its length; did you mean ${formatPrefix({ address: masked, bits })}?`,
    );
  }
  return { address, bits };
}

function badPrefix(text: string, what: string, cause?: unknown): WanbondError {
  return new WanbondError({
    code: 'bad-prefix',
    message: `"${text}" ${what}`,
    hint: 'Write a prefix like 192.0.2.0/24 or 2001:db8::/32.',
    cause,
  });
}

export function maskAddress(address: Address, bits: number): Address {
  const out = new Uint8Array(16);
  for (let i = 0; i < 16; i++) {
    const keep = Math.max(0, Math.min(8, bits - i * 8));
    out[i] = (address[i] ?? 0) & (0xff << (8 - keep));
  }
  return out;
}

export function prefixFamily(prefix: Prefix): Family {
  return prefix.bits >= MAPPED_BITS && familyOf(prefix.address) === 4 ? 4 : 6;
}

export function formatPrefix(prefix: Prefix): string {
  const length = prefixFamily(prefix) === 4 ? prefix.bits - MAPPED_BITS : prefix.bits;
  return `${formatAddress(prefix.address)}/${length}`;
}

/** Of its family: "::/0" holds no IPv4 address, though the 16-byte form of one would fit. */
export function prefixContains(prefix: Prefix, address: Address): boolean {
  if (prefix.bits < MAPPED_BITS && familyOf(address) === 4) return false;
  const whole = prefix.bits >> 3;
  const rest = prefix.bits & 7;
  // From the end: those of IPv4 all begin alike.
  if (rest > 0) {
    const mask = 0xff << (8 - rest);
    if (((prefix.address[whole] ?? 0) & mask) !== ((address[whole] ?? 0) & mask)) return false;
  }
  for (let i = whole - 1; i >= 0; i--) if (prefix.address[i] !== address[i]) return false;
  return true;
}
