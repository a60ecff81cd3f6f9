// recv and send of the handshake phase, with edge-triggered readiness kept in the Conn.
import { MSG_NOSIGNAL } from '../../linux/constants.ts';
import { EAGAIN, EINPROGRESS, EINTR } from '../../linux/errno.ts';
import { errno, rawRecv, rawSend } from '../../linux/libc.ts';
import type { Conn } from './conn.ts';

/** Bytes read, 0 at the end, a negative errno on failure, undefined when nothing is there now. */
export function receive(conn: Conn, buffer: Buffer, limit: number): number | undefined {
  const wanted = Math.min(limit, buffer.length);
  const read = rawRecv(conn.fd, buffer, wanted, 0);
  if (read >= 0) {
    if (read < wanted) conn.emptied();
    return read;
  }
  const error = errno();
  if (error !== EAGAIN && error !== EINTR) return -error;
  if (error === EAGAIN) conn.readable = false;
  return undefined;
}

/** Bytes taken (0 when the socket is full, or has yet to open), or a negative errno. */
export function send(conn: Conn, bytes: Buffer): number {
  if (conn.isHalfOpen) return 0;
  conn.aboutToSend();
  const sent = rawSend(conn.fd, bytes, bytes.length, MSG_NOSIGNAL);
  if (sent >= 0) return sent;
  const error = errno();
  // EINPROGRESS: the SYN was to carry them and does not, the connection is on its way all the same.
  if (error === EAGAIN || error === EINPROGRESS) conn.writable = false;
  else if (error !== EINTR) return -error;
  return 0;
}
