// The code of the ICMP message "destination unreachable" that a failed connection was ended by, as far as its errno tells.
//
// The kernel makes errnos of codes (icmp_err_convert in net/ipv4/icmp.c, icmpv6_err_convert in net/ipv6/icmp.c) and keeps
// no code of a TCP socket: IP_RECVERR has no error queue there (ip(7)). Several codes share an errno; here stands the first.
import type { Family } from '../base/address.ts';
import { EHOSTDOWN, EHOSTUNREACH, ENETUNREACH, ENONET, ENOPROTOOPT } from './errno.ts';

const ICMP: ReadonlyMap<number, number> = new Map([
  [ENETUNREACH, 0],
  [EHOSTUNREACH, 1],
  [ENOPROTOOPT, 2],
  [EHOSTDOWN, 7],
  [ENONET, 8],
]);
const ICMPV6: ReadonlyMap<number, number> = new Map([
  [ENETUNREACH, 0],
  [EHOSTUNREACH, 3],
]);

/** Undefined when nothing can be said. */
export function icmpCode(errno: number, family: Family): number | undefined {
  return (family === 4 ? ICMP : ICMPV6).get(errno);
}
