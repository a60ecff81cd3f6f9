// Congestion controls by their names: whether one can be had, asked before anything depends on it (an MPTCP socket that
// connects takes any name without a word, and then uses the default), and which one an established socket has.
import { WanbondError } from '../base/error.ts';
import { AF_INET, SOCK_CLOEXEC, SOCK_STREAM, SOL_TCP, TCP_CONGESTION } from './constants.ts';
import { errnoName } from './errno.ts';
import { close, errno, rawGetsockopt, rawSetsockopt, setsockoptStringRaw, socket } from './libc.ts';

// TCP_CA_NAME_MAX of include/net/tcp.h.
const NAME_BYTES = 16;

/** The kernel loads the module if it has one. @throws WanbondError `no-congestion-control` */
export function requireCongestion(name: string | undefined): void {
  if (name === undefined) return;
  const failure = tryCongestion(name);
  if (failure === 0) return;
  throw new WanbondError({
    code: 'no-congestion-control',
    message: `the congestion control "${name}" cannot be used here: ${errnoName(failure)}`,
    hint: 'Run `wanbond check -c FILE` to see which there are, or set relay.congestion to "auto".',
  });
}

export function hasCongestion(name: string): boolean {
  return tryCongestion(name) === 0;
}

/** 0, or the errno of the refusal. */
function tryCongestion(name: string): number {
  const fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const text = Buffer.from(`${name}\0`);
  const failure = rawSetsockopt(fd, SOL_TCP, TCP_CONGESTION, text, text.length) < 0 ? errno() : 0;
  close(fd);
  return failure;
}

/** On an established MPTCP socket it holds for the subflows there are and for those to come (tried on 6.18). */
export function setCongestion(fd: number, name: string): void {
  // Asked for at the start; a kernel that refuses it now carries the flow all the same.
  setsockoptStringRaw(fd, SOL_TCP, TCP_CONGESTION, name);
}

/** Of an MPTCP socket that of its first subflow; empty where there is none to tell. */
export function congestionOf(fd: number): string {
  const value = Buffer.alloc(NAME_BYTES);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(value.length);
  if (rawGetsockopt(fd, SOL_TCP, TCP_CONGESTION, value, length) < 0) return '';
  return value.toString('latin1').replace(/\0.*$/s, '');
}
