// A hello that waits for nothing: said on the first connection over any WAN, up to its reply, within one time.
import type { ClientHandshake } from '../../transport/handshake.ts';
import type { ConnOwner } from '../loop/conn.ts';
import { type Attempt, ConnectRace, type RaceHandlers, type RaceSettings } from './connect-race.ts';
import { type FinalReply, HelloLink } from './hello-link.ts';
import type { Candidate } from './router-policy.ts';
import { Timer } from '../loop/timers.ts';
import type { WorkerContext } from '../worker-context.ts';

export interface HelloRaceSpec extends RaceSettings {
  readonly candidates: readonly Candidate[];
  readonly handshake: ClientHandshake;
  /** First bytes behind the hello: what of them finds no room stays in the link. */
  readonly early: Buffer;
  readonly timeoutMs: number;
}

export interface HelloRaceHandlers {
  /** The connection is the handler's from here on. */
  onReply(link: HelloLink, reply: FinalReply): void;
  /** There may be a connection all the same, with the hello: `leave` gives it. */
  onFailed(why: string): void;
}

export class HelloRace implements ConnOwner, RaceHandlers {
  private readonly context: WorkerContext;
  private readonly spec: HelloRaceSpec;
  private readonly handlers: HelloRaceHandlers;
  private readonly race: ConnectRace;
  private link: HelloLink | undefined;
  private isOver = false;
  private readonly deadline = new Timer(() => this.fail('the server did not answer'));

  constructor(context: WorkerContext, spec: HelloRaceSpec, handlers: HelloRaceHandlers) {
    this.context = context;
    this.spec = spec;
    this.handlers = handlers;
    this.race = new ConnectRace(context, spec, spec.candidates, this);
  }

  /** May fail before it returns. */
  begin(): void {
    const { loop } = this.context;
    loop.timers.arm(this.deadline, this.spec.timeoutMs, loop.nowMs);
    if (this.race.begin() === 'starved') this.fail('no file descriptor is left');
  }

  /** Over which the hello was said; undefined while nothing has connected. */
  get wan(): string | undefined {
    return this.link?.candidate.wan;
  }

  /** Ends it; safe to call twice. The connection with the hello, if there is one, is the caller's from here on. */
  leave(): HelloLink | undefined {
    const { link } = this;
    this.isOver = true;
    this.link = undefined;
    this.context.loop.timers.clear(this.deadline);
    this.race.close();
    return link;
  }

  onReady(): void {
    const { link } = this;
    const reply = link?.reply();
    if (!link || !reply) return;
    this.leave();
    this.handlers.onReply(link, reply);
  }

  onConnect(attempt: Attempt): void {
    const { handshake, early } = this.spec;
    const link = new HelloLink(attempt, this.context.buffer);
    this.link = link;
    link.conn.owner = this;
    const isSaid = link.say(handshake, early) === 0 && link.unsent.length <= early.length;
    if (!isSaid) this.fail('sending the hello failed');
  }

  onExhausted(): void {
    this.fail('no WAN reaches the server');
  }

  private fail(why: string): void {
    if (!this.isOver) this.handlers.onFailed(why);
  }
}
