// The codes of operation replies, and what they mean to us.
import type { FailureReason } from '../failure.ts';
import * as socks from './constants.ts';

const REASONS: ReadonlyMap<number, FailureReason> = new Map([
  [socks.REPLY_GENERAL_FAILURE, 'resource'],
  [socks.REPLY_NOT_ALLOWED, 'egress-denied'],
  [socks.REPLY_NETWORK_UNREACHABLE, 'unreachable'],
  [socks.REPLY_HOST_UNREACHABLE, 'unreachable'],
  [socks.REPLY_REFUSED, 'refused-by-target'],
  // Unlike in SOCKS 5, a time-out has a code of its own: this one is of a way that leads nowhere.
  [socks.REPLY_TTL_EXPIRED, 'unreachable'],
  [socks.REPLY_COMMAND_NOT_SUPPORTED, 'unsupported'],
  [socks.REPLY_ADDRESS_NOT_SUPPORTED, 'unsupported'],
  [socks.REPLY_TIMED_OUT, 'timeout'],
]);

/** Why a server refused; a code that the draft does not know is a server's failure like any other. */
export function reasonOf(code: number): FailureReason {
  return REASONS.get(code) ?? 'resource';
}

/** What tells a client of `reason`. */
export function codeOf(reason: FailureReason): number {
  if (reason === 'refused-by-target') return socks.REPLY_REFUSED;
  if (reason === 'unreachable') return socks.REPLY_HOST_UNREACHABLE;
  if (reason === 'timeout') return socks.REPLY_TIMED_OUT;
  if (reason === 'egress-denied') return socks.REPLY_NOT_ALLOWED;
  return socks.REPLY_GENERAL_FAILURE;
}
