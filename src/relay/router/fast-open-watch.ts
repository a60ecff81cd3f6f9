// One connection whose SYN leaves with hello and first bytes: whether the far end has taken them.
//
// It counts as connected before anything was sent, so the race between the WANs is over too early: when the SYN is not
// answered within the hedge delay, the flow has to go on over the next WAN as it would have in the race.
import { ECONNREFUSED } from '../../linux/errno.ts';
import { openingState } from '../../linux/fast-open.ts';
import { connectResult, stillMptcp } from '../../linux/sockets.ts';
import type { Attempt } from './connect-race.ts';
import type { FastOpenTrials } from './fast-open-trials.ts';
import { Timer } from '../loop/timers.ts';
import type { WorkerContext } from '../worker-context.ts';

/** Why the flow has to go on over another connection. */
export interface FastOpenHandlers {
  /** Nobody listens there: nothing of it was taken by anybody. */
  onRefused(): void;
  /** It may have been taken, but here it does not go on, or not bonded. The reply may be here all the same. */
  onBad(): void;
}

/** Whether the connection of `attempt` waits for its first bytes before it connects. */
export const waitsForBytes = ({ conn, mayFastOpen }: Attempt): boolean =>
  mayFastOpen === true && openingState(conn.fd)?.isUnanswered === true;

export class FastOpenWatch {
  private readonly context: WorkerContext;
  private readonly trials: FastOpenTrials;
  private readonly attempt: Attempt;
  private readonly handlers: FastOpenHandlers;
  private readonly overdue = new Timer(() => this.onOverdue());
  private isOver = false;

  constructor(context: WorkerContext, trials: FastOpenTrials, attempt: Attempt, handlers: FastOpenHandlers) {
    this.context = context;
    this.trials = trials;
    this.attempt = attempt;
    this.handlers = handlers;
  }

  /** The first bytes have been sent. */
  start(): void {
    const { loop } = this.context;
    if (!this.isOver) loop.timers.arm(this.overdue, this.attempt.candidate.hedgeDelayMs, loop.nowMs);
  }

  stop(): void {
    this.isOver = true;
    this.context.loop.timers.clear(this.overdue);
  }

  /** Something has happened to the connection. True when a handler was called: it is not ours any more. */
  look(): boolean {
    if (this.isOver) return false;
    const { conn } = this.attempt;
    const state = conn.broken ? undefined : openingState(conn.fd);
    if (state?.isUnanswered) return false;
    this.stop();
    if (conn.broken) return this.onBroken(connectResult(conn.fd));
    // Data that has to go again makes the connection fall back to plain TCP, but only as it arrives (tried on 6.18).
    const isTaken = state?.isDataTaken === true && stillMptcp(conn.fd);
    this.note(isTaken ? 'taken' : 'refused');
    this.context.counters.add(isTaken ? 'fastOpenFlows' : 'fastOpenFallbacks', 1);
    if (!isTaken) this.handlers.onBad();
    return !isTaken;
  }

  private onBroken(errno: number): boolean {
    this.context.counters.add('fastOpenFallbacks', 1);
    // Whoever drops its SYNs would be silent: the address has nobody who listens, or cannot be reached.
    if (errno === ECONNREFUSED) this.handlers.onRefused();
    else this.handlers.onBad();
    return true;
  }

  private onOverdue(): void {
    // It may be there, and only the news of it late.
    if (this.look() || this.isOver) return;
    this.stop();
    this.note('silent');
    this.context.counters.add('fastOpenFallbacks', 1);
    this.context.news.doubt();
    this.handlers.onBad();
  }

  private note(outcome: 'taken' | 'refused' | 'silent'): void {
    this.trials.note(this.attempt.candidate.wan, outcome, this.context.loop.nowMs);
  }
}
