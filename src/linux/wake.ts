// An eventfd by which one thread wakes another one out of its epoll_wait.
import { EFD_CLOEXEC, EFD_NONBLOCK } from './constants.ts';
import { eventfd, rawRead, rawWrite } from './libc.ts';

const ONE = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
const COUNT = Buffer.alloc(ONE.length);

/** Readable after `wake` until `drainWake`. The caller closes it. */
export const openWake = (): number => eventfd(EFD_NONBLOCK | EFD_CLOEXEC);

export function wake(fd: number): void {
  rawWrite(fd, ONE, ONE.length);
}

export function drainWake(fd: number): void {
  rawRead(fd, COUNT, COUNT.length);
}
