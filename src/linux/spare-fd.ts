// A file descriptor that holds nothing but its number, so that a socket wanted later finds one free.
import { readFileSync } from 'node:fs';
import { EFD_CLOEXEC } from './constants.ts';
import { rawEventfd } from './libc.ts';

/** In the place of one, where there are plenty. */
export const NO_SPARE_FD = -1;

/** The fd, to be closed right before the socket is made; negative when none is left. */
export function takeSpareFd(): number {
  return rawEventfd(0, EFD_CLOEXEC);
}

/** How many this process may have (RLIMIT_NOFILE, the soft limit): their numbers are smaller. */
export function openFilesLimit(): number {
  const soft = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return soft === undefined ? 0 : soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}
