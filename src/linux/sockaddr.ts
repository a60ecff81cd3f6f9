// struct sockaddr_in and sockaddr_in6 as bytes, from and to the 16-byte address form.
import { type Address, familyOf, type SocketAddress } from '../base/address.ts';
import { AF_INET, AF_INET6 } from './constants.ts';

const SOCKADDR_IN_BYTES = 16;
export const SOCKADDR_IN6_BYTES = 28;

/** A sockaddr_in for IPv4 (also for a v4-mapped address), a sockaddr_in6 otherwise. */
export function encodeSockaddr({ address, port }: SocketAddress): Buffer {
  const isV4 = familyOf(address) === 4;
  // From Node's own pool, and filled: a buffer of its own takes longer than the system call that it is for.
  const out = Buffer.allocUnsafe(isV4 ? SOCKADDR_IN_BYTES : SOCKADDR_IN6_BYTES).fill(0);
  out.writeUInt16LE(isV4 ? AF_INET : AF_INET6, 0);
  out.writeUInt16BE(port, 2);
  const [from, at] = isV4 ? [12, 4] : [0, 8];
  for (let i = from; i < 16; i++) out[at + i - from] = address[i] as number;
  return out;
}

/** The address in a kernel-filled sockaddr, or undefined when it is of another family. */
export function decodeSockaddr(bytes: Buffer): SocketAddress | undefined {
  const family = bytes.readUInt16LE(0);
  const address: Address = new Uint8Array(16);
  if (family === AF_INET) {
    address[10] = 0xff;
    address[11] = 0xff;
    for (let i = 0; i < 4; i++) address[12 + i] = bytes[4 + i] as number;
  } else if (family === AF_INET6) {
    for (let i = 0; i < 16; i++) address[i] = bytes[8 + i] as number;
  } else {
    return undefined;
  }
  return { address, port: bytes.readUInt16BE(2) };
}
