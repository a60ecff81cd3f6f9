// Failure reasons as RFC 8803 error codes with one byte of value, both ways.
import type { Family } from '../../base/address.ts';
import type { FailureReason } from '../failure.ts';
import {
  ERROR_CONNECTION_RESET,
  ERROR_DESTINATION_UNREACHABLE,
  ERROR_MALFORMED,
  ERROR_MISSING_COOKIE,
  ERROR_NETWORK_FAILURE,
  ERROR_NOT_AUTHORIZED,
  ERROR_RESOURCE_EXCEEDED,
  ERROR_UNSUPPORTED_MESSAGE,
  ERROR_UNSUPPORTED_TCP_OPTION,
  ERROR_UNSUPPORTED_VERSION,
} from './constants.ts';

// ICMP (RFC 792, RFC 1122, RFC 1812) and ICMPv6 (RFC 4443) codes of "destination unreachable".
const ICMP_HOST_UNREACHABLE = 1;
const ICMP_PROHIBITED: readonly number[] = [13, 9, 10];
const ICMPV6_ADDRESS_UNREACHABLE = 3;
const ICMPV6_PROHIBITED: readonly number[] = [1, 5];

export interface WireError {
  readonly code: number;
  readonly value: number;
}

export interface WireDetails {
  /** Of the ICMP message behind `unreachable`, when it is known. */
  readonly icmpCode?: number | undefined;
  /** The client knows RFC 8803 and nothing of ours. */
  readonly isForeign?: boolean;
}

export function toWire(
  reason: FailureReason,
  family: Family,
  { icmpCode, isForeign = false }: WireDetails = {},
): WireError {
  switch (reason) {
    case 'refused-by-target':
      return { code: ERROR_CONNECTION_RESET, value: 0 };
    case 'unreachable':
      return {
        code: ERROR_DESTINATION_UNREACHABLE,
        value: icmpCode ?? (family === 4 ? ICMP_HOST_UNREACHABLE : ICMPV6_ADDRESS_UNREACHABLE),
      };
    case 'egress-denied':
      // The RFC's code is the one of a bad cookie, too; our routers are told which of both it is.
      if (isForeign) return { code: ERROR_NOT_AUTHORIZED, value: 0 };
      return {
        code: ERROR_DESTINATION_UNREACHABLE,
        value: (family === 4 ? ICMP_PROHIBITED : ICMPV6_PROHIBITED)[0] ?? 0,
      };
    case 'timeout':
      return { code: ERROR_NETWORK_FAILURE, value: 0 };
    case 'not-authorized':
    case 'replayed':
      return { code: ERROR_NOT_AUTHORIZED, value: 0 };
    case 'malformed':
      return { code: ERROR_MALFORMED, value: 0 };
    case 'unsupported':
      return { code: ERROR_UNSUPPORTED_MESSAGE, value: 0 };
    default:
      // What is left is the server's own trouble.
      return { code: ERROR_RESOURCE_EXCEEDED, value: 0 };
  }
}

export function fromWire({ code, value }: WireError, family: Family): FailureReason {
  switch (code) {
    case ERROR_UNSUPPORTED_VERSION:
    case ERROR_UNSUPPORTED_MESSAGE:
    case ERROR_UNSUPPORTED_TCP_OPTION:
      return 'unsupported';
    case ERROR_MALFORMED:
      return 'malformed';
    case ERROR_MISSING_COOKIE:
      return 'clock';
    case ERROR_NOT_AUTHORIZED:
      return 'not-authorized';
    case ERROR_NETWORK_FAILURE:
      return 'timeout';
    case ERROR_CONNECTION_RESET:
      return 'refused-by-target';
    case ERROR_DESTINATION_UNREACHABLE:
      return (family === 4 ? ICMP_PROHIBITED : ICMPV6_PROHIBITED).includes(value)
        ? 'egress-denied'
        : 'unreachable';
    default:
      return 'resource';
  }
}

/** Whether the value of this code is a number of seconds to wait. */
export const tellsDelay = (code: number): boolean =>
  code === ERROR_RESOURCE_EXCEEDED || code === ERROR_NETWORK_FAILURE;

/** What a server may say before it has a proof of the key, so without a tag. */
export const mayBeUnsigned = (code: number): boolean =>
  code === ERROR_UNSUPPORTED_VERSION ||
  code === ERROR_MALFORMED ||
  code === ERROR_UNSUPPORTED_MESSAGE ||
  code === ERROR_NOT_AUTHORIZED;
