// The reply codes that SOCKS 5 (RFC 1928) and SOCKS 6 share, and what they mean to us.
import type { FailureReason } from './failure.ts';

export const REPLY_SUCCEEDED = 0;
const REPLY_GENERAL_FAILURE = 1;
const REPLY_NOT_ALLOWED = 2;
const REPLY_NETWORK_UNREACHABLE = 3;
const REPLY_HOST_UNREACHABLE = 4;
const REPLY_REFUSED = 5;
/** Of a way that leads nowhere; SOCKS 5 has no other code for a time-out. */
export const REPLY_TTL_EXPIRED = 6;
export const REPLY_COMMAND_NOT_SUPPORTED = 7;
export const REPLY_ADDRESS_NOT_SUPPORTED = 8;
/** Of SOCKS 6 alone. */
export const REPLY_TIMED_OUT = 9;

type TimeoutCode = typeof REPLY_TTL_EXPIRED | typeof REPLY_TIMED_OUT;

const REASONS: ReadonlyMap<number, FailureReason> = new Map([
  [REPLY_NOT_ALLOWED, 'egress-denied'],
  [REPLY_NETWORK_UNREACHABLE, 'unreachable'],
  [REPLY_HOST_UNREACHABLE, 'unreachable'],
  [REPLY_REFUSED, 'refused-by-target'],
  [REPLY_TTL_EXPIRED, 'unreachable'],
  [REPLY_COMMAND_NOT_SUPPORTED, 'unsupported'],
  [REPLY_ADDRESS_NOT_SUPPORTED, 'unsupported'],
]);

/** Why a server refused; a code that is not known is a server's failure like any other. */
export function reasonOf(code: number, timeoutCode: TimeoutCode): FailureReason {
  return code === timeoutCode ? 'timeout' : (REASONS.get(code) ?? 'resource');
}

/** What tells a client of `reason`. */
export function codeOf(reason: FailureReason, timeoutCode: TimeoutCode): number {
  if (reason === 'refused-by-target') return REPLY_REFUSED;
  if (reason === 'unreachable') return REPLY_HOST_UNREACHABLE;
  if (reason === 'timeout') return timeoutCode;
  if (reason === 'egress-denied') return REPLY_NOT_ALLOWED;
  return REPLY_GENERAL_FAILURE;
}
