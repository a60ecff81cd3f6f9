// Happy eyeballs across WANs (in the manner of RFC 8305): candidates in order, hedged, the first to connect wins.
import { connectResult } from '../linux/sockets.ts';
import { isStarvation } from './acceptor.ts';
import { Conn, type ConnOwner } from './conn.ts';
import type { Candidate } from './router-policy.ts';
import { Timer } from './timers.ts';
import type { WorkerContext } from './worker-context.ts';

export interface Attempt {
  readonly conn: Conn;
  readonly candidate: Candidate;
}

export interface RaceHandlers {
  onConnect(winner: Attempt): void;
  /** Every candidate failed; the errno of the last, 0 when there was no candidate. */
  onExhausted(errno: number): void;
}

export class ConnectRace implements ConnOwner {
  private readonly context: WorkerContext;
  private readonly hedgeDelayMs: number;
  private readonly congestion: string | undefined;
  private readonly candidates: readonly Candidate[];
  private readonly handlers: RaceHandlers;
  private readonly attempts: Attempt[] = [];
  private readonly hedge = new Timer(() => this.onHedge());
  private next = 0;
  private lastErrno = 0;
  private isOver = false;

  constructor(
    context: WorkerContext,
    settings: { readonly hedgeDelayMs: number; readonly congestion: string | undefined },
    candidates: readonly Candidate[],
    handlers: RaceHandlers,
  ) {
    this.context = context;
    this.hedgeDelayMs = settings.hedgeDelayMs;
    this.congestion = settings.congestion;
    this.candidates = candidates;
    this.handlers = handlers;
  }

  /** `starved`: no fd for even one attempt, nothing was started. Calls `onExhausted` when nothing can be tried. */
  begin(): 'started' | 'starved' {
    return this.startNext();
  }

  /** Gives up: every attempt is closed. */
  close(): void {
    this.isOver = true;
    this.context.loop.timers.clear(this.hedge);
    for (const { conn } of this.attempts.splice(0)) conn.reset();
  }

  onReady(conn: Conn): void {
    const index = this.attempts.findIndex((attempt) => attempt.conn === conn);
    const attempt = this.attempts[index];
    if (this.isOver || !attempt || !conn.writable) return;
    const errno = connectResult(conn.fd);
    this.attempts.splice(index, 1);
    if (errno === 0 && !conn.broken) {
      this.close();
      this.handlers.onConnect(attempt);
      return;
    }
    conn.reset();
    this.lastErrno = errno;
    this.startNext();
  }

  private onHedge(): void {
    this.context.counters.add('hedges', 1);
    this.startNext();
  }

  private startNext(): 'started' | 'starved' {
    const { loop } = this.context;
    loop.timers.clear(this.hedge);
    while (this.next < this.candidates.length) {
      const candidate = this.candidates[this.next] as Candidate;
      const conn = Conn.connect(loop, {
        to: candidate.to,
        mptcp: candidate.mptcp,
        from: candidate.from,
        device: candidate.device,
        congestion: this.congestion,
      });
      // Before the first attempt the caller may wait for fds; after it this is a failure like another.
      if (typeof conn === 'number' && isStarvation(conn) && this.next === 0) return 'starved';
      this.next++;
      if (conn instanceof Conn) {
        conn.owner = this;
        this.attempts.push({ conn, candidate });
        if (this.next < this.candidates.length) loop.timers.arm(this.hedge, this.hedgeDelayMs, loop.nowMs);
        return 'started';
      }
      this.lastErrno = conn;
    }
    if (this.attempts.length === 0) {
      this.isOver = true;
      this.handlers.onExhausted(this.lastErrno);
    }
    return 'started';
  }
}
