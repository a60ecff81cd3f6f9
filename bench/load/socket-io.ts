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

// As iperf3 has it. MSG_TRUNC would spare the copy, which every program that wants its bytes has to make: then the ends cost
// next to nothing, and MPTCP end to end, which is nothing but ends, looks better than it can be.
const READ_BYTES = 128 * 1024;
const scratch = Buffer.alloc(READ_BYTES);

/** Bytes read into `buffer`, 0 at the end, or WAIT. @throws Broken */
export function read(fd: number, buffer: Buffer, length = buffer.length): number {
  return told(rawRecv(fd, buffer, length, MSG_DONTWAIT), 'recv');
}

/** The same for bytes that nobody looks at. @throws Broken */
export function drop(fd: number): number {
  return told(rawRecv(fd, scratch, READ_BYTES, MSG_DONTWAIT), 'recv');
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
