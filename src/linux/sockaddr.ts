// struct sockaddr_in and sockaddr_in6 as bytes, from and to the 16-byte address form.
import { type Address, familyOf, type SocketAddress } from '../base/address.ts';
import { AF_INET, AF_INET6 } from './constants.ts';

const SOCKADDR_IN_BYTES = 16;
export const SOCKADDR_IN6_BYTES = 28;

/** A sockaddr_in for IPv4 (also for a v4-mapped address), a sockaddr_in6 otherwise. */
export function encodeSockaddr({ address, port }: SocketAddress): Buffer {
  if (familyOf(address) === 4) {
    const out = Buffer.alloc(SOCKADDR_IN_BYTES);
    out.writeUInt16LE(AF_INET, 0);
    out.writeUInt16BE(port, 2);
    out.set(address.subarray(12), 4);
    return out;
  }
  const out = Buffer.alloc(SOCKADDR_IN6_BYTES);
  out.writeUInt16LE(AF_INET6, 0);
  out.writeUInt16BE(port, 2);
  out.set(address, 8);
  return out;
}

/** The address in a kernel-filled sockaddr, or undefined when it is of another family. */
export function decodeSockaddr(bytes: Buffer): SocketAddress | undefined {
  const family = bytes.readUInt16LE(0);
  const address: Address = new Uint8Array(16);
  if (family === AF_INET) {
    address[10] = 0xff;
    address[11] = 0xff;
    address.set(bytes.subarray(4, 8), 12);
  } else if (family === AF_INET6) {
    address.set(bytes.subarray(8, 24));
  } else {
    return undefined;
  }
  return { address, port: bytes.readUInt16BE(2) };
}
