// How much of what a flow has sent is not acknowledged yet, where that may be too much to close the connection.
import { unackedBytes } from '../../linux/sockets.ts';
import type { Conn } from '../loop/conn.ts';

// The kernel resets a closed MPTCP connection that is not done after 60 s, whatever net.mptcp.close_timeout says (tried: the
// rest was lost), so it stays open until so little is left that any path carries it in that time.
export const CLOSE_BELOW_BYTES = 64 * 1024;

/** The kernel is asked only where it can be too much. */
export function unackedOf(conn: Conn, sentBytes: number): number {
  if (sentBytes <= CLOSE_BELOW_BYTES / 2) return sentBytes;
  return conn.mptcp ? unackedBytes(conn.fd) : 0;
}
