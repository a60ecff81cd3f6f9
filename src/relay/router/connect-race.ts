// Happy eyeballs across WANs (in the manner of RFC 8305): candidates in order, hedged, the first to connect wins.
import { connectResult } from '../../linux/sockets.ts';
import { isStarvation } from '../acceptor.ts';
import { Conn, type ConnOwner } from '../loop/conn.ts';
import type { Candidate } from './router-policy.ts';
import { Timer } from '../loop/timers.ts';
import type { WorkerContext } from '../worker-context.ts';

// Another server, or none, is not as good as the one before: it is tried when nothing of that one connects, or when the
// time of one SYN sent again (1 s, RFC 6298) is over.
const SERVER_PATIENCE_MS = 1500;

export interface Attempt {
  /** Its SYN may wait for the first bytes. */
  readonly mayFastOpen?: boolean;
  readonly conn: Conn;
  readonly candidate: Candidate;
}

export interface RaceSettings {
  readonly congestion: string | undefined;
  /** Of which the SYN may wait for the first bytes: these count as connected at once, before anything is sent. */
  readonly mayFastOpen?: ((candidate: Candidate) => boolean) | undefined;
}

export interface RaceHandlers {
  onConnect(winner: Attempt): void;
  /** Every candidate failed; the errno of the last, 0 when there was no candidate. */
  onExhausted(errno: number): void;
}

export class ConnectRace implements ConnOwner {
  private readonly context: WorkerContext;
  private readonly settings: RaceSettings;
  private candidates: readonly Candidate[];
  private readonly handlers: RaceHandlers;
  private readonly attempts: Attempt[] = [];
  private readonly hedge = new Timer(() => this.onHedge());
  private newest: Candidate | undefined;
  /** The newest one was overdue once already, and the server after it had to wait. */
  private isPatienceOver = false;
  private next = 0;
  private lastErrno = 0;
  private isOver = false;

  constructor(
    context: WorkerContext,
    settings: RaceSettings,
    candidates: readonly Candidate[],
    handlers: RaceHandlers,
  ) {
    this.context = context;
    this.settings = settings;
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

  /** Goes on without some of the candidates, which are known to fail: with the next one at once when none is left. */
  drop(isLost: (candidate: Candidate) => boolean): void {
    if (this.isOver) return;
    const lost = this.attempts.filter(({ candidate }) => isLost(candidate));
    if (lost.length === 0 && !this.candidates.slice(this.next).some(isLost)) return;
    for (const attempt of lost) {
      this.attempts.splice(this.attempts.indexOf(attempt), 1);
      attempt.conn.reset();
    }
    const left = this.candidates.slice(this.next).filter((candidate) => !isLost(candidate));
    this.candidates = [...this.candidates.slice(0, this.next), ...left];
    if (this.attempts.length === 0) this.startNext();
  }

  onReady(conn: Conn): void {
    const index = this.attempts.findIndex((attempt) => attempt.conn === conn);
    const attempt = this.attempts[index];
    if (this.isOver || !attempt || !conn.writable) return;
    const errno = conn.hasFailed ? connectResult(conn.fd) : 0;
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
    const next = this.candidates[this.next];
    const newest = this.newest as Candidate;
    if (!this.isPatienceOver) this.context.news.doubt();
    if (!next) return;
    if (next.server !== newest.server && !this.isPatienceOver) {
      this.isPatienceOver = true;
      const leftMs = Math.max(0, SERVER_PATIENCE_MS - newest.hedgeDelayMs);
      this.context.loop.timers.arm(this.hedge, leftMs, this.context.loop.nowMs);
      return;
    }
    this.context.counters.add('hedges', 1);
    this.startNext();
  }

  private startNext(): 'started' | 'starved' {
    const { loop } = this.context;
    loop.timers.clear(this.hedge);
    while (this.next < this.candidates.length) {
      const candidate = this.candidates[this.next] as Candidate;
      const mayFastOpen = this.settings.mayFastOpen?.(candidate) ?? false;
      const conn = Conn.connect(loop, {
        to: candidate.to,
        mptcp: candidate.mptcp,
        from: candidate.from,
        device: candidate.device,
        congestion: this.settings.congestion,
        fastOpen: mayFastOpen,
      });
      // Before the first attempt the caller may wait for fds; after it this is a failure like another.
      if (typeof conn === 'number' && isStarvation(conn) && this.next === 0) return 'starved';
      this.next++;
      if (conn instanceof Conn) {
        conn.owner = this;
        this.attempts.push({ conn, candidate, mayFastOpen });
        this.newest = candidate;
        this.isPatienceOver = false;
        // The last one has nobody after it, but that it is overdue is worth knowing all the same.
        loop.timers.arm(this.hedge, candidate.hedgeDelayMs, loop.nowMs);
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
