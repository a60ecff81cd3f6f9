// Whether a congestion control can be had, asked before anything depends on it: an MPTCP socket that connects takes
// any name without a word, and then uses the default.
import { WanbondError } from '../base/error.ts';
import { AF_INET, SOCK_CLOEXEC, SOCK_STREAM, SOL_TCP, TCP_CONGESTION } from './constants.ts';
import { errnoName } from './errno.ts';
import { close, errno, rawSetsockopt, socket } from './libc.ts';

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
