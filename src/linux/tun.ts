// TUN devices: made, switched between carrier and no carrier, and read or written one IP packet at a time.
//
// The device lives as long as its file descriptor, also after it moved to another network namespace.
import { constants, openSync } from 'node:fs';
import { describe, WanbondError } from '../base/error.ts';
import { check, close, rawIoctl, rawRead, rawWrite } from './libc.ts';

// include/uapi/linux/if_tun.h
const TUNSETIFF = 0x400454ca;
const TUNSETCARRIER = 0x400454e2;
const IFF_TUN = 0x0001;
const IFF_NO_PI = 0x1000;
// include/uapi/linux/if.h
const IFNAMSIZ = 16;
const IFREQ_BYTES = 40;

export interface Tun {
  /** Non-blocking: readTun and writeTun give -1 with EAGAIN. */
  readonly fd: number;
  /** The name at creation; a rename is not followed. */
  readonly name: string;
}

/**
 * Makes a TUN device in the namespace of this process; a `%d` in `name` becomes a number that is free.
 * @throws WanbondError `no-tun` without /dev/net/tun, `syscall-failed` when the kernel refuses.
 */
export function createTun(name: string): Tun {
  let fd: number;
  try {
    fd = openSync('/dev/net/tun', constants.O_RDWR | constants.O_NONBLOCK);
  } catch (cause) {
    throw new WanbondError({
      code: 'no-tun',
      message: `cannot open /dev/net/tun: ${describe(cause)}`,
      hint: 'Run as root on a kernel with TUN (`modprobe tun`).',
      cause,
    });
  }
  const request = Buffer.alloc(IFREQ_BYTES);
  request.write(name, 0, IFNAMSIZ - 1, 'latin1');
  request.writeUInt16LE(IFF_TUN | IFF_NO_PI, IFNAMSIZ);
  try {
    check(rawIoctl(fd, TUNSETIFF, request), () => `ioctl(${fd}, TUNSETIFF, "${name}")`);
  } catch (error) {
    close(fd);
    throw error;
  }
  return { fd, name: request.toString('latin1', 0, request.indexOf(0)) };
}

/** Plugs the virtual cable in or out: what the other side sees as `NO-CARRIER`. */
export function setTunCarrier(fd: number, carrier: boolean): void {
  const value = Buffer.alloc(4);
  value.writeInt32LE(carrier ? 1 : 0);
  check(rawIoctl(fd, TUNSETCARRIER, value), () => `ioctl(${fd}, TUNSETCARRIER, ${carrier ? 1 : 0})`);
}

/** One packet into `buffer`: its length, or -1 with errno(). */
export const readTun = rawRead;
/** One packet of `length` bytes: -1 with errno() when the device did not take it. */
export const writeTun = rawWrite;
