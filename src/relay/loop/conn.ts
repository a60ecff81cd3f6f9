// A socket of a flow and what edge-triggered epoll has said about it.
import { ENOMEM } from '../../linux/errno.ts';
import { openingState } from '../../linux/fast-open.ts';
import { close } from '../../linux/libc.ts';
import {
  closeWithReset,
  type ConnectOptions,
  isMptcpSocket,
  setNoDelay,
  startConnect,
} from '../../linux/sockets.ts';
import { BROKEN, ENDED, type Loop, READABLE, SAID_ALL, URGENT, WRITABLE, type Watcher } from './loop.ts';

/** Who acts on a Conn: an opening first, the flow after it. */
export interface ConnOwner {
  onReady(conn: Conn): void;
}

/** Of a connection that is only kept open. */
export const NOBODY: ConnOwner = { onReady: () => undefined };

export class Conn implements Watcher {
  readonly fd: number;
  owner: ConnOwner = NOBODY;
  /** May have bytes or an end to read; cleared by whoever met EAGAIN. */
  readable = false;
  writable = false;
  /** The peer has ended or the connection broke: reads come to 0 or an error without another event. */
  ended = false;
  /** Nothing is left to read but its end, which was told: the read that would say so can be left out. */
  isDry = false;
  /** The connection failed or was reset. */
  broken = false;
  /** Urgent data has come: reads stop short before its mark, and splice never passes it (tried on 6.18). */
  urgent = false;
  /**
   * It came with data in its SYN, and its handshake has not ended: it is not written to. What MPTCP is given before the
   * third acknowledgement it keeps to itself, until it is given more (tried on 6.18).
   */
  isHalfOpen = false;
  private readonly loop: Loop;
  private open = true;
  private isMptcp: boolean | undefined;
  /** The peer has ended in order, and all that came before that is here. */
  private hasSaidAll = false;
  private hasSent = false;
  /** Small segments do not wait for acknowledgements; accepted ones have that from their listener. */
  private isPrompt = true;

  /**
   * Takes over `fd`; undefined when the kernel has no memory left to watch it: the caller keeps it.
   *
   * @param mptcp undefined where the listener takes both kinds
   */
  static watch(loop: Loop, fd: number, mptcp: boolean | undefined): Conn | undefined {
    const conn = new Conn(loop, fd, mptcp);
    return loop.tryWatch(fd, conn) ? conn : undefined;
  }

  /** A connection that is being opened, or the errno of what was refused at once. */
  static connect(loop: Loop, options: ConnectOptions): Conn | number {
    const fd = startConnect(options);
    if (fd < 0) return -fd;
    const conn = Conn.watch(loop, fd, options.mptcp);
    if (conn) {
      conn.isPrompt = false;
      return conn;
    }
    close(fd);
    return ENOMEM;
  }

  private constructor(loop: Loop, fd: number, mptcp: boolean | undefined) {
    this.loop = loop;
    this.fd = fd;
    this.isMptcp = mptcp;
  }

  /** The socket is an MPTCP one. Short flows end before anybody asks. */
  get mptcp(): boolean {
    this.isMptcp ??= isMptcpSocket(this.fd);
    return this.isMptcp;
  }

  /** For one that was accepted from a listener with TCP Fast Open. */
  noteHalfOpen(): void {
    this.isHalfOpen = this.mptcp && openingState(this.fd)?.isHalfOpen === true;
  }

  onEvents(events: number): void {
    if (this.isHalfOpen) this.noteHalfOpen();
    if (events & READABLE) this.readable = true;
    if (events & WRITABLE && !this.isHalfOpen) this.writable = true;
    if (events & ENDED) this.ended = true;
    if (events & SAID_ALL) this.hasSaidAll = true;
    if (events & BROKEN) this.broken = true;
    if (events & URGENT) this.urgent = true;
    this.owner.onReady(this);
  }

  /** A read came back short: the socket is empty, more is a new edge (epoll(7)). An end was told before and stays readable. */
  emptied(): void {
    if (this.urgent) return;
    if (!this.ended) this.readable = false;
    else if (this.hasSaidAll && !this.broken) this.isDry = true;
  }

  /** It is known not to be an MPTCP one. */
  get isPlainTcp(): boolean {
    return this.isMptcp === false;
  }

  /** To be called before each send. What goes first finds nothing under way to wait for, and most of those opened here send once. */
  aboutToSend(): void {
    if (this.isPrompt) return;
    if (this.hasSent) {
      this.isPrompt = true;
      setNoDelay(this.fd);
    }
    this.hasSent = true;
  }

  /** Of one that is being opened: it may not have come about, connectResult tells. */
  get hasFailed(): boolean {
    return this.broken || this.ended;
  }

  /** Leaves the fd open and to the caller. */
  release(): void {
    this.open = false;
    this.loop.release(this.fd);
  }

  /** Orderly close; safe to call twice. */
  close(): void {
    if (!this.open) return;
    this.open = false;
    this.loop.forget(this.fd);
    close(this.fd);
  }

  /** Close so that the peer sees a reset; safe to call twice. */
  reset(): void {
    if (!this.open) return;
    this.open = false;
    this.loop.forget(this.fd);
    closeWithReset(this.fd);
  }
}
