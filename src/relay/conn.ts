// A socket of a flow and what edge-triggered epoll has said about it.
import { close } from '../linux/libc.ts';
import { closeWithReset } from '../linux/sockets.ts';
import { BROKEN, ENDED, type Loop, READABLE, WRITABLE, type Watcher } from './loop.ts';

/** Who acts on a Conn: an opening first, the flow after it. */
export interface ConnOwner {
  onReady(conn: Conn): void;
}

export class Conn implements Watcher {
  readonly fd: number;
  readonly mptcp: boolean;
  owner: ConnOwner;
  /** May have bytes or an end to read; cleared by whoever met EAGAIN. */
  readable = false;
  writable = false;
  /** The peer has ended or the connection broke: reads come to 0 or an error without another event. */
  ended = false;
  /** The connection failed or was reset. */
  broken = false;
  private readonly loop: Loop;
  private open = true;

  constructor(loop: Loop, fd: number, mptcp: boolean, owner: ConnOwner) {
    this.loop = loop;
    this.fd = fd;
    this.mptcp = mptcp;
    this.owner = owner;
    loop.watch(fd, this);
  }

  onEvents(events: number): void {
    if (events & READABLE) this.readable = true;
    if (events & WRITABLE) this.writable = true;
    if (events & ENDED) this.ended = true;
    if (events & BROKEN) this.broken = true;
    this.owner.onReady(this);
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
