// Waits for input on a few file descriptors with nanosecond resolution, for timers that a millisecond would blur.
//
// ppoll rather than epoll: the set is small and fixed, and it is in every C library. Nothing is allocated per wait.
import koffi from 'koffi';
import { EINTR, SyscallError } from './errno.ts';
import { errno } from './libc.ts';

const POLLIN = 0x1;
// struct pollfd: int fd, short events, short revents.
const POLLFD_BYTES = 8;
const EVENTS_OFFSET = 4;
const REVENTS_OFFSET = 6;

const ppoll: (fds: Uint8Array, count: number, timeout: Uint32Array, signals: null) => number = koffi
  .load(null)
  .func('int ppoll(void *, ulong, void *, void *)');

export class PrecisePoll {
  readonly #fds: Buffer;
  readonly #count: number;
  /** struct timespec as 32-bit words, little-endian: the upper words stay 0. */
  readonly #timeout = new Uint32Array(4);

  constructor(fds: readonly number[]) {
    this.#fds = Buffer.alloc(fds.length * POLLFD_BYTES);
    this.#count = fds.length;
    for (const [index, fd] of fds.entries()) {
      this.#fds.writeInt32LE(fd, index * POLLFD_BYTES);
      this.#fds.writeInt16LE(POLLIN, index * POLLFD_BYTES + EVENTS_OFFSET);
    }
  }

  /** How many descriptors are ready, 0 after `timeoutMs` (fractions count), -1 when a signal came. */
  wait(timeoutMs: number): number {
    const seconds = Math.floor(timeoutMs / 1000);
    this.#timeout[0] = seconds;
    this.#timeout[2] = Math.floor((timeoutMs - seconds * 1000) * 1e6);
    const ready = ppoll(this.#fds, this.#count, this.#timeout, null);
    if (ready >= 0) return ready;
    if (errno() === EINTR) return -1;
    throw new SyscallError(`ppoll(${this.#count} descriptors)`, errno());
  }

  /** Whether the descriptor at `index` has input or an error; true to the last wait that did not return -1. */
  isReady(index: number): boolean {
    return this.#fds.readInt16LE(index * POLLFD_BYTES + REVENTS_OFFSET) !== 0;
  }

  /** Takes the descriptor at `index` out of the set. */
  ignore(index: number): void {
    this.#fds.writeInt32LE(-1, index * POLLFD_BYTES);
    this.#fds.writeInt16LE(0, index * POLLFD_BYTES + REVENTS_OFFSET);
  }
}
