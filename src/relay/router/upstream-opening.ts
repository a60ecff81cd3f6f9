// The upstream of a flow that is being opened, up to the far end's reply: the request is said on a connection, and again
// where that one is of no use.
//
// Only the first connection gets the hello, so the origin sees a request once. It is said again after an authenticated refusal
// that the server sent before it dialled (a wrong clock, a cookie), and when the WAN dies before the reply: then with the name of
// the first, by which the server knows what it has done already.
import { errnoName } from '../../linux/errno.ts';
import { isMptcp } from '../../linux/sockets.ts';
import type { FailureReason } from '../../transport/failure.ts';
import { MAX_RETRIES } from '../../transport/handshake.ts';
import type { ConnOwner } from '../loop/conn.ts';
import type { Attempt } from './connect-race.ts';
import { FastOpenWatch, waitsForBytes } from './fast-open-watch.ts';
import type { HelloLink } from './hello-link.ts';
import type { PendingRequest } from './pending-request.ts';
import type { EstablishedReply } from './reply-reader.ts';
import { type Route, type RouterOpeningPlan, routeTo } from './router-opening-plan.ts';
import type { Candidate, RouterPolicy, WanPolicy } from './router-policy.ts';
import { Timer } from '../loop/timers.ts';
import { UpstreamDial, type UpstreamDialHandlers } from './upstream-dial.ts';
import { candidatesLeft } from './candidates-left.ts';
import type { WorkerContext } from '../worker-context.ts';

export interface UpstreamOwner {
  /** The request stands on a connection, and is to be said. Again, when that one is lost before it was. */
  onConnected(): void;
  /** The connection on which the request stands is the owner's from here on. */
  onEstablished(reply: EstablishedReply): void;
  /** Everything is closed. */
  onFailed(reason: FailureReason, detail: string): void;
}

export class UpstreamOpening implements ConnOwner, UpstreamDialHandlers {
  private readonly context: WorkerContext;
  private readonly plan: RouterOpeningPlan;
  private readonly request: PendingRequest;
  private readonly owner: UpstreamOwner;
  private readonly dial: UpstreamDial;
  /** While it is not known whether the far end took what the SYN carried. */
  private fastOpen: FastOpenWatch | undefined;
  private retries = 0;
  /** The connection was open before the flow began: it may have been lost without anybody to notice. */
  private isWarm = false;
  private isOver = false;
  private readonly deadline = new Timer(() => this.onDeadline());

  constructor(
    context: WorkerContext,
    plan: RouterOpeningPlan,
    request: PendingRequest,
    owner: UpstreamOwner,
  ) {
    this.context = context;
    this.plan = plan;
    this.request = request;
    this.owner = owner;
    this.dial = new UpstreamDial(context, plan, this);
  }

  /** `starved`: there is no fd for a connection and nothing was started. May call the owner before it returns. */
  begin(): 'started' | 'starved' {
    const warm = this.dial.takeWarm();
    if (!warm) return this.dial.begin();
    this.isWarm = true;
    this.onConnect(warm);
    return 'started';
  }

  /** Says the request; nothing while there is no connection. */
  say(): void {
    const { loop } = this.context;
    if (!this.request.link) return;
    loop.timers.arm(this.deadline, this.plan.settings.handshakeTimeoutMs, loop.nowMs);
    this.sent(this.request.say());
    this.fastOpen?.start();
    this.readReply();
  }

  /** More of the device's first bytes, once it is said. */
  add(fresh: Buffer): void {
    this.sent(this.request.add(fresh));
  }

  /** Gives it up; safe to call twice. */
  close(): void {
    if (this.isOver) return;
    this.finish();
    this.dial.close();
    this.request.link?.conn.reset();
  }

  onPolicy({ upstream, wans }: RouterPolicy): void {
    if (upstream.transport === 'direct' || this.isOver) return;
    this.dial.keepTo(upstream.servers);
    const { link } = this.request;
    if (link && link.candidate.server !== undefined) this.moveFromDeadWan(link, wans);
  }

  onConnect(attempt: Attempt): void {
    const { conn, candidate } = attempt;
    conn.owner = this;
    this.request.standOn(attempt, routeTo(this.plan, candidate.server) as Route, this.context.buffer);
    if (waitsForBytes(attempt)) this.watchFastOpen(attempt);
    else if (candidate.mptcp && isMptcp(conn.fd) === false) this.notePlain(candidate);
    this.owner.onConnected();
  }

  /** No connection can be had; one on which the request was said before may still bring the reply. */
  onFailed(reason: FailureReason, detail: string): void {
    if (!this.isOver && !this.goBack()) this.fail(reason, detail);
  }

  private fail(reason: FailureReason, detail: string): void {
    this.close();
    this.owner.onFailed(reason, detail);
  }

  onReady(): void {
    const { link } = this.request;
    if (link && !this.isOver) this.onLinkReady(link);
  }

  private notePlain({ wan }: Candidate): void {
    this.context.counters.add('plainUpstreams', 1);
    this.context.news.notePlain(wan);
  }

  private onLinkReady(link: HelloLink): void {
    if (link.hasSaid) {
      if (this.fastOpen?.look()) return;
      this.sent(link.flush());
      this.readReply();
    } else if (link.conn.broken) this.onLost('the server closed the connection before the request');
  }

  /** @param result of the request, of which something was sent */
  private sent(result: number): void {
    if (result < 0) this.onLost(`sending the request failed: ${errnoName(-result)}`);
  }

  private readReply(): void {
    const { link } = this.request;
    const reply = this.isOver ? undefined : link?.reply();
    if (!link || !reply) return;
    if (reply.kind === 'established') {
      this.establish(link.candidate, reply);
    } else if (reply.kind === 'retry' && this.retries < MAX_RETRIES) {
      this.retries++;
      this.again([link.candidate]);
    } else if (reply.kind === 'retry') {
      this.fail('clock', 'the server did not take the cookies that it gave us');
    } else if (this.request.attempts > 0 && reply.reason === 'not-authorized') {
      // It is past the request, and goes on with it where it was said before.
      this.onFailed(
        'server-lost',
        'the WAN died before the reply, and the server cannot go on with the request',
      );
    } else if (reply.reason === 'server-lost') {
      this.onLost(reply.detail);
    } else {
      this.fail(reply.reason, reply.detail);
    }
  }

  private establish({ server }: Candidate, reply: EstablishedReply): void {
    if (reply.families && server !== undefined) this.context.news.learnFamilies(server, reply.families);
    this.finish();
    this.owner.onEstablished(reply);
  }

  /** Over a new connection; the one that there is gets a reset, as RFC 8803 has it for one with an error. */
  private again(candidates?: readonly Candidate[]): void {
    this.request.drop();
    this.dialAgain(candidates);
  }

  private dialAgain(candidates?: readonly Candidate[]): void {
    this.context.loop.timers.clear(this.deadline);
    this.endFastOpen();
    this.dial.again(candidates);
  }

  private watchFastOpen(attempt: Attempt): void {
    this.fastOpen = new FastOpenWatch(this.context, this.plan.fastOpen, attempt, {
      onRefused: () => this.again(),
      onBad: () => this.leaveFastOpen(attempt),
    });
  }

  /** As the race would have gone on: over another WAN, else over this one, from the SYN on. */
  private leaveFastOpen({ conn, candidate: { wan } }: Attempt): void {
    if (!conn.broken) {
      // The reply may be here already.
      conn.readable = true;
      this.readReply();
      if (this.isOver || this.request.link?.conn !== conn) return;
    }
    const { candidates } = this.request.route;
    const others = candidates.filter((one) => one.wan !== wan);
    if (this.moveTo([...others, ...candidates.filter((one) => one.wan === wan)])) return;
    if (conn.broken) this.onFailed('server-lost', 'the connection failed with the request');
  }

  private endFastOpen(): void {
    this.fastOpen?.stop();
    this.fastOpen = undefined;
  }

  /**
   * The WAN on which the flow stands has died before the reply: nothing can join this connection any more, so it would
   * hang until the handshake timeout.
   */
  private moveFromDeadWan(link: HelloLink, wans: readonly WanPolicy[]): void {
    const others = candidatesLeft(this.request.route.candidates, link.candidate.wan, wans);
    if (others.length === 0) return;
    if (!link.hasSaid) return this.again(others);
    // The reply may be here already.
    link.conn.readable = true;
    this.onLinkReady(link);
    if (this.isOver || this.request.link !== link) return;
    this.moveTo(others);
  }

  /** Says the request again, by the name of the first; false when that is not possible. */
  private moveTo(candidates: readonly Candidate[]): boolean {
    if (!this.request.leave()) return false;
    this.retries = 0;
    this.isWarm = false;
    this.context.counters.add('hedges', 1);
    this.dialAgain(candidates);
    return true;
  }

  /** To where the request was said before: the reply gets to this host on another subflow, or its WAN is back. */
  private goBack(): boolean {
    const missed = this.request.attempts > 0 ? this.request.back() : undefined;
    if (!missed) return false;
    const { loop } = this.context;
    const { conn } = this.request.link as HelloLink;
    this.dial.close();
    this.endFastOpen();
    loop.timers.arm(this.deadline, this.plan.settings.handshakeTimeoutMs, loop.nowMs);
    conn.owner = this;
    conn.readable = true;
    this.add(missed);
    this.readReply();
    return true;
  }

  /** The connection to the server is gone, before its reply. */
  private onLost(detail: string): void {
    if (this.isWarm && this.moveTo(this.request.route.candidates)) return;
    this.onFailed('server-lost', detail);
  }

  private onDeadline(): void {
    this.fail('server-silent', `no reply within ${this.plan.settings.handshakeTimeoutMs} ms`);
  }

  private finish(): void {
    this.isOver = true;
    this.endFastOpen();
    this.context.loop.timers.clear(this.deadline);
    this.request.closeLeft();
  }
}
