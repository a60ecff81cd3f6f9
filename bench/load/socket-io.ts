// Non-blocking reads and writes of the load programs, which throw nothing for what a peer may do.
import { MSG_DONTWAIT, MSG_NOSIGNAL } from '../../src/linux/constants.ts';
import { EAGAIN, errnoName } from '../../src/linux/errno.ts';
import { errno, rawRecv, rawSend } from '../../src/linux/libc.ts';

/** There is nothing to read, or no room to write. */
export const WAIT = -1;

/** The peer broke the connection. */
export class Broken extends Error {
  constructor(what: string, number: number) {
    super(`${what}: ${errnoName(number)}`);
  }
}

// The bytes are dropped in the kernel and not copied to the program (tcp(7); MPTCP does so too): the LAN device and the
// origin are other machines in life, and should take as little of this one's time as can be.
const MSG_TRUNC = 0x20;
const DROP_BYTES = 4 << 20;
const nowhere = Buffer.alloc(0);

/** Bytes read into `buffer`, 0 at the end, or WAIT. @throws Broken */
export function read(fd: number, buffer: Buffer, length = buffer.length): number {
  return told(rawRecv(fd, buffer, length, MSG_DONTWAIT), 'recv');
}

/** The same without looking at them. @throws Broken */
export function drop(fd: number): number {
  return told(rawRecv(fd, nowhere, DROP_BYTES, MSG_DONTWAIT | MSG_TRUNC), 'recv');
}

/** Bytes taken, or WAIT. @throws Broken */
export function write(fd: number, buffer: Buffer, length: number): number {
  return told(rawSend(fd, buffer, length, MSG_DONTWAIT | MSG_NOSIGNAL), 'send');
}

function told(result: number, what: string): number {
  if (result >= 0) return result;
  const number = errno();
  if (number === EAGAIN) return WAIT;
  throw new Broken(what, number);
}
