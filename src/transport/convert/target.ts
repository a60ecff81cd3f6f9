// Addresses that no Convert client may ask for, whatever the egress policy says (RFC 8803: Error 1).
import { type Address, familyOf } from '../../base/address.ts';

/** Unspecified, loopback, multicast and broadcast; port 0 is no target either. */
export function isNoTarget(address: Address, port: number): boolean {
  if (port === 0) return true;
  if (familyOf(address) === 4) {
    const first = address[12] ?? 0;
    if (first === 0 || first === 127 || (first >= 224 && first <= 239)) return true;
    return areAll(address, 12, 16, 255);
  }
  if (address[0] === 0xff) return true;
  // :: and ::1
  return areAll(address, 0, 15, 0) && (address[15] ?? 0) <= 1;
}

function areAll(bytes: Uint8Array, from: number, end: number, value: number): boolean {
  for (let i = from; i < end; i++) if (bytes[i] !== value) return false;
  return true;
}
