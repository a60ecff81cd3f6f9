// An opening's connections to its upstream: one that is kept ready, or the first to connect over any WAN.
import { ETIMEDOUT, errnoName } from '../../linux/errno.ts';
import type { FailureReason } from '../../transport/failure.ts';
import { adjustCongestion, congestionFor } from '../congestion-choice.ts';
import { type Attempt, ConnectRace, type RaceHandlers, type RaceSettings } from './connect-race.ts';
import { type RouterOpeningPlan, routeTo } from './router-opening-plan.ts';
import type { Candidate, ServerPolicy } from './router-policy.ts';
import { Timer } from '../loop/timers.ts';
import type { WorkerContext } from '../worker-context.ts';

const RETRY_MS = 20;

interface Starved {
  readonly candidates: readonly Candidate[];
  readonly untilMs: number;
}

export interface UpstreamDialHandlers {
  /** The connection is the caller's from here on. */
  onConnect(attempt: Attempt): void;
  onFailed(reason: FailureReason, detail: string): void;
}

export class UpstreamDial implements RaceHandlers {
  private readonly context: WorkerContext;
  private readonly plan: RouterOpeningPlan;
  private readonly handlers: UpstreamDialHandlers;
  private race: ConnectRace | undefined;
  private readonly deadline = new Timer(() => this.onExhausted(ETIMEDOUT));
  private starved: Starved | undefined;
  private readonly retry = new Timer(() => this.tryStarved());

  constructor(context: WorkerContext, plan: RouterOpeningPlan, handlers: UpstreamDialHandlers) {
    this.context = context;
    this.plan = plan;
    this.handlers = handlers;
  }

  /** A connection that is ready, if there is one: the caller's from here on. */
  takeWarm(): Attempt | undefined {
    const warm = this.plan.takeWarm?.();
    if (!warm) return undefined;
    this.context.counters.add('warmFlows', 1);
    adjustCongestion(warm.conn.fd, this.plan.settings.congestion, this.plan.hints);
    return warm;
  }

  /**
   * Over any WAN to any server, for the first time. `starved`: there is no fd for it and nothing was started. May fail, like
   * `again`, before it returns.
   */
  begin(): 'started' | 'starved' {
    return this.dial(this.allCandidates, (candidate) => this.mayFastOpen(candidate));
  }

  /** For what one connection could not do, over these candidates or else over all; waits for an fd where none is left. */
  again(candidates: readonly Candidate[] = this.allCandidates): void {
    const { nowMs, timers } = this.context.loop;
    timers.clear(this.retry);
    this.starved = { candidates, untilMs: nowMs + this.plan.settings.connectTimeoutMs };
    this.tryStarved();
  }

  /** Goes on with these servers alone: the others are known to be lost. */
  keepTo(servers: readonly Pick<ServerPolicy, 'label'>[]): void {
    this.race?.drop(({ server }) => server !== undefined && !servers.some(({ label }) => label === server));
  }

  /** Gives it up; safe to call twice. */
  close(): void {
    this.context.loop.timers.clear(this.retry);
    this.context.loop.timers.clear(this.deadline);
    this.race?.close();
    this.race = undefined;
  }

  onConnect(attempt: Attempt): void {
    const { server, mptcp } = attempt.candidate;
    this.context.loop.timers.clear(this.deadline);
    this.race = undefined;
    if (server === undefined && !mptcp) this.context.counters.add('directFallbacks', 1);
    this.handlers.onConnect(attempt);
  }

  onExhausted(errno: number): void {
    const isToTarget = this.plan.routes.at(-1)?.candidates[0]?.server === undefined;
    const why = errno === 0 ? 'no WAN has an address of its family' : `connect failed: ${errnoName(errno)}`;
    this.handlers.onFailed(isToTarget ? 'unreachable' : 'server-down', why);
  }

  /** Whoever took the fd of the connection before, in another worker even, gives one back when a flow ends. */
  private tryStarved(): void {
    const { loop } = this.context;
    const { candidates, untilMs } = this.starved as Starved;
    if (this.dial(candidates) === 'started') return;
    if (loop.nowMs < untilMs) loop.timers.arm(this.retry, RETRY_MS, loop.nowMs);
    else this.handlers.onFailed('resource', 'no file descriptor is left');
  }

  private get allCandidates(): readonly Candidate[] {
    const [first, second] = this.plan.routes;
    if (first && !second) return first.candidates;
    return this.plan.routes.flatMap(({ candidates }) => candidates);
  }

  private get congestion(): string | undefined {
    return congestionFor(this.plan.settings.congestion, this.plan.hints);
  }

  /** Only what can go on over another connection may leave before anybody has answered on this one. */
  private mayFastOpen({ wan, server }: Candidate): boolean {
    if (!routeTo(this.plan, server)?.handshake.resume) return false;
    return this.plan.fastOpen.mayUse(wan, this.context.loop.nowMs);
  }

  private dial(
    candidates: readonly Candidate[],
    mayFastOpen?: RaceSettings['mayFastOpen'],
  ): 'started' | 'starved' {
    const { loop } = this.context;
    const race = new ConnectRace(
      this.context,
      { congestion: this.congestion, mayFastOpen },
      candidates,
      this,
    );
    this.race = race;
    loop.timers.arm(this.deadline, this.plan.settings.connectTimeoutMs, loop.nowMs);
    const result = race.begin();
    if (result === 'starved') loop.timers.clear(this.deadline);
    return result;
  }
}
