// Where one direction of a flow goes: what the sink takes now, the answer that goes before all else, and the end behind it.
import { MSG_MORE, MSG_NOSIGNAL, SHUT_WR } from '../../linux/constants.ts';
import { EAGAIN, EINTR } from '../../linux/errno.ts';
import { errno, rawSend, rawShutdown } from '../../linux/libc.ts';
import type { Conn } from '../loop/conn.ts';

export class Outlet {
  conn: Conn;
  /**
   * The answer to the sink's request, no part of the stream. It waits for the first bytes, to leave with them in one segment,
   * or to be let go.
   */
  reply: Buffer | undefined;
  /** No more comes behind what is sent now but the end. */
  isLast = false;
  private isReplyHeld = true;
  private isEndTold = false;

  constructor(conn: Conn) {
    this.conn = conn;
  }

  /** Another one, which was answered by itself. */
  change(conn: Conn): void {
    this.conn = conn;
    this.reply = undefined;
    this.isEndTold = false;
  }

  /** The answer goes out with the next flush, whatever comes behind it. */
  letReplyGo(): void {
    this.isReplyHeld = false;
  }

  /** Now or never: nothing will come with it. */
  sayReply(): void {
    this.flushReply(true);
  }

  /** Like `send`, but more than 0 where no answer is left to go out before what there is. */
  flushReply(hasBytes: boolean): number {
    if (this.isReplyHeld && !hasBytes) return 1;
    while (this.reply) {
      const sent = this.send(this.reply, this.reply.length);
      if (sent <= 0) return sent;
      this.reply = sent === this.reply.length ? undefined : this.reply.subarray(sent);
    }
    return 1;
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

  /** The same, in one segment with the answer, for which there is room at the head of `whole`; of the bytes behind it. */
  sendBehindReply(whole: Buffer, length: number): number {
    const reply = this.reply as Buffer;
    whole.set(reply);
    const sent = this.send(whole, reply.length + length);
    if (sent < 0) return sent;
    this.reply = sent < reply.length ? reply.subarray(sent) : undefined;
    return Math.max(0, sent - reply.length);
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
