// A file descriptor that holds nothing but its number, so that a socket wanted later finds one free.
import { EFD_CLOEXEC } from './constants.ts';
import { rawEventfd } from './libc.ts';

/** In the place of one that was not taken, or is given up. */
export const NO_SPARE_FD = -1;

/** The fd, to be closed right before the socket is made; negative when none is left. */
export function takeSpareFd(): number {
  return rawEventfd(0, EFD_CLOEXEC);
}
