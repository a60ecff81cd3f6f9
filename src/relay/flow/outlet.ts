// Where one direction of a flow goes: what the sink takes now, and the end behind it.
import { MSG_MORE, MSG_NOSIGNAL, SHUT_WR } from '../../linux/constants.ts';
import { EAGAIN, EINTR } from '../../linux/errno.ts';
import { errno, rawSend, rawShutdown } from '../../linux/libc.ts';
import type { Conn } from '../loop/conn.ts';

export class Outlet {
  conn: Conn;
  /** No more comes behind what is sent now but the end. */
  isLast = false;
  private isEndTold = false;

  constructor(conn: Conn) {
    this.conn = conn;
  }

  /** Another one, which was answered by itself. */
  change(conn: Conn): void {
    this.conn = conn;
    this.isEndTold = false;
  }

  /** How much of `bytes` the sink has taken, 0 while it is full; negative when it failed. */
  send(bytes: Buffer, length: number): number {
    const { conn } = this;
    if (!conn.writable) return 0;
    conn.aboutToSend();
    // In one segment with the end, which follows at once. MPTCP does not wait for more.
    const flags = this.isLast && conn.isPlainTcp ? MSG_NOSIGNAL | MSG_MORE : MSG_NOSIGNAL;
    const sent = rawSend(conn.fd, bytes, length, flags);
    return sent >= 0 ? sent : this.refused();
  }

  /** After a call that failed: 0 when it only has to wait. */
  refused(): number {
    const error = errno();
    if (error === EAGAIN) this.conn.writable = false;
    return error === EAGAIN || error === EINTR ? 0 : -error;
  }

  /** To be left out where it is closed at once, which says the same. */
  tellEnd(): void {
    if (this.isEndTold) return;
    this.isEndTold = true;
    // A sink that is already gone says so through its own half-pipe.
    rawShutdown(this.conn.fd, SHUT_WR);
  }
}
