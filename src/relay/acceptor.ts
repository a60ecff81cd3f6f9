// Takes connections from the listeners in bursts, and stops while the process is out of fds or full of flows.
import type { Address } from '../base/address.ts';
import { EAGAIN, EMFILE, ENFILE, ENOBUFS, ENOMEM } from '../linux/errno.ts';
import { close, errno } from '../linux/libc.ts';
import { acceptedPeer, acceptFrom, closeWithReset } from '../linux/sockets.ts';
import type { Loop, Task, Watcher } from './loop/loop.ts';
import { Timer } from './loop/timers.ts';

// Accepts per turn: a burst is taken quickly, and running flows still get theirs in between.
const BURST = 64;
// While starved, a try now and then: fds may have been freed by someone else (another worker, the main thread).
const RETRY_MS = 100;

/** True when the kernel is out of fds or of memory for sockets: wait instead of failing flows. */
export function isStarvation(error: number): boolean {
  return error === EMFILE || error === ENFILE || error === ENOBUFS || error === ENOMEM;
}

export interface Accepted {
  readonly fd: number;
  readonly listener: number;
  /** Undefined where nobody wants to know. */
  readonly peer: Address | undefined;
}

export interface AcceptorHandlers {
  /** Takes over the fd. False: no fd for its upstream; the acceptor keeps it and offers it again. */
  onAccept(accepted: Accepted): boolean;
  /** Whoever connects counts for something. */
  readonly wantsPeer: boolean;
  isFull(): boolean;
  onPause(why: string): void;
  onResume(): void;
}

export class Acceptor implements Task {
  private readonly loop: Loop;
  private readonly handlers: AcceptorHandlers;
  /** Listener fd to whether it may have more connections. */
  private readonly listeners = new Map<number, { isReady: boolean }>();
  private readonly starved: Accepted[] = [];
  private readonly retry: Timer;
  private isPaused = false;
  /** The pause was told; a retry that fails is no news. */
  private isAnnounced = false;
  private isQueued = false;

  constructor(loop: Loop, handlers: AcceptorHandlers) {
    this.loop = loop;
    this.handlers = handlers;
    this.retry = new Timer(() => this.resume());
  }

  add(listener: number): void {
    const state = { isReady: false };
    this.listeners.set(listener, state);
    const watcher: Watcher = {
      onEvents: () => {
        state.isReady = true;
        this.take();
      },
    };
    this.loop.watch(listener, watcher);
  }

  /** Call when fds may have become free. */
  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.take();
    if (this.isPaused) return;
    this.isAnnounced = false;
    this.handlers.onResume();
  }

  onTurn(): void {
    this.isQueued = false;
    this.take();
  }

  private take(): void {
    while (!this.isPaused && this.starved.length > 0) {
      this.offer(this.starved.shift() as Accepted);
    }
    for (const [listener, state] of this.listeners) {
      if (this.isPaused) return;
      if (state.isReady) this.acceptBurst(listener, state);
    }
  }

  /** Takes what waits, then stops listening. */
  close(): void {
    this.take();
    for (const listener of this.listeners.keys()) {
      this.loop.forget(listener);
      close(listener);
    }
    this.listeners.clear();
    for (const { fd } of this.starved.splice(0)) closeWithReset(fd);
    this.loop.timers.clear(this.retry);
  }

  private acceptBurst(listener: number, state: { isReady: boolean }): void {
    for (let taken = 0; taken < BURST; taken++) {
      if (this.handlers.isFull()) return this.pause('the limit of flows (max-flows) is reached');
      const fd = acceptFrom(listener);
      if (fd >= 0) {
        this.offer({ fd, listener, peer: this.handlers.wantsPeer ? acceptedPeer() : undefined });
        if (this.isPaused) return;
        continue;
      }
      const error = errno();
      if (isStarvation(error)) return this.pause('no file descriptor or socket memory is left');
      if (error === EAGAIN) {
        state.isReady = false;
        return;
      }
      // ECONNABORTED, EINTR and network errors of the new connection concern only that one (accept(2)).
    }
    if (this.isQueued) return;
    this.isQueued = true;
    this.loop.soon(this);
  }

  private offer(accepted: Accepted): void {
    if (this.handlers.onAccept(accepted)) return;
    this.starved.push(accepted);
    this.pause('no file descriptor or socket memory is left');
  }

  private pause(why: string): void {
    this.isPaused = true;
    if (!this.isAnnounced) this.handlers.onPause(why);
    this.isAnnounced = true;
    this.loop.timers.arm(this.retry, RETRY_MS, this.loop.nowMs);
  }
}
