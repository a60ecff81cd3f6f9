// More room for what a transfer receives, without taking it out of the kernel's hands.
import { SO_RCVLOWAT, SOL_SOCKET } from './constants.ts';
import { setsockoptIntRaw } from './libc.ts';

/**
 * Lets the peer of an MPTCP connection have `windowBytes` under way at least; the kernel goes on to enlarge that by itself,
 * which it would not after SO_RCVBUF.
 *
 * The kernel grows the room by what is read in a round trip (net/mptcp/protocol.c, mptcp_rcv_space_adjust), and takes the
 * shortest one for it, without queues: on WANs of 50 Mbit/s and a millisecond that is next to nothing, the room stays at
 * what net.ipv4.tcp_rmem begins with (128 KiB), and the queue of one WAN fills all of it while the other has nothing to
 * send. Asking for a low-water mark makes room for as much (mptcp_set_rcvlowat, Linux 6.10; older ones change nothing).
 *
 * The caller reads until the socket is empty afterwards: what came in between woke nobody.
 */
export function raiseReceiveRoom(fd: number, windowBytes: number): void {
  setsockoptIntRaw(fd, SOL_SOCKET, SO_RCVLOWAT, windowBytes);
  setsockoptIntRaw(fd, SOL_SOCKET, SO_RCVLOWAT, 1);
}
