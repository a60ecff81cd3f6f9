// A flow on the router before it is established: the device is connected, the upstream is being opened.
//
// WANs are tried in order, each after the hedge delay or as soon as the one before failed; the first to connect
// gets the hello, and only that one, so the origin sees a request once. It is said again after an authenticated refusal
// that the server sent before it dialled (a wrong clock, a cookie), and when the WAN dies before the reply: then with the name of
// the first, by which the server knows what it has done already.
import { ETIMEDOUT, errnoName } from '../../linux/errno.ts';
import { isMptcp, setCongestion } from '../../linux/sockets.ts';
import type { FailureReason } from '../../transport/failure.ts';
import { type ClientHandshake, MAX_RETRIES } from '../../transport/handshake.ts';
import type { StreamCodec } from '../../transport/stream-codec.ts';
import { congestionFor } from '../congestion-choice.ts';
import { startCarriedFlow } from './carried-flow.ts';
import { Conn, type ConnOwner } from '../loop/conn.ts';
import { type Attempt, ConnectRace } from './connect-race.ts';
import { EarlyBytes } from './early-bytes.ts';
import { FastOpenWatch, waitsForBytes } from './fast-open-watch.ts';
import { HelloLink } from './hello-link.ts';
import { RequestMoves } from './request-moves.ts';
import type { Route, RouterOpeningPlan, RouterOpeningSettings } from './router-opening-plan.ts';
import type { Candidate, RouterPolicy, WanPolicy } from './router-policy.ts';
import { Timer } from '../loop/timers.ts';
import { waysLeft } from './ways-left.ts';
import type { Opening, WorkerContext } from '../worker-context.ts';

const NOTHING: Buffer = Buffer.alloc(0);
// The target was not connected to: whoever dials it says so.
const BEFORE_ANY_BYTE: ReadonlySet<FailureReason> = new Set([
  'refused-by-target',
  'unreachable',
  'timeout',
  'egress-denied',
  'unsupported',
]);
const REFUSED_BLINDLY =
  'the server ended it without a byte: the target refuses, or method or password are not those of the server';

export class RouterOpening implements ConnOwner, Opening {
  private readonly context: WorkerContext;
  private readonly settings: RouterOpeningSettings;
  private readonly plan: RouterOpeningPlan;
  private readonly client: Conn;
  private readonly startedMs: number;
  private route: Route | undefined;
  private race: ConnectRace | undefined;
  private link: HelloLink | undefined;
  /** While it is not known whether the far end took what the SYN carried. */
  private fastOpen: FastOpenWatch | undefined;
  private retries = 0;
  /** The connection was open before the flow began: it may have been lost without anybody to notice. */
  private isWarm = false;
  private readonly moves = new RequestMoves();
  private readonly early: EarlyBytes;
  private isDone = false;
  private readonly earlyWait = new Timer(() => this.sendHello());
  private readonly deadline = new Timer(() => this.onDeadline());

  /** False when there is no fd for an upstream: nothing was started and the caller keeps `clientFd`. */
  static open(
    context: WorkerContext,
    settings: RouterOpeningSettings,
    plan: RouterOpeningPlan,
    clientFd: number,
  ): boolean {
    const client = Conn.watch(context.loop, clientFd, false);
    if (!client) return false;
    if (RouterOpening.take(context, settings, plan, client, NOTHING)) return true;
    client.release();
    return false;
  }

  /**
   * The same with a connection that is watched already; when false, it is still the caller's.
   *
   * @param first what was read of it
   */
  static take(
    context: WorkerContext,
    settings: RouterOpeningSettings,
    plan: RouterOpeningPlan,
    client: Conn,
    first: Buffer,
  ): boolean {
    const opening = new RouterOpening(context, settings, plan, client, first);
    context.openings.add(opening);
    const warm = plan.takeWarm?.();
    if (warm) {
      opening.beginWarm(warm);
      return true;
    }
    const mayFastOpen = (candidate: Candidate): boolean => opening.mayFastOpen(candidate);
    if (opening.begin(opening.allCandidates, mayFastOpen) === 'started') return true;
    context.openings.delete(opening);
    return false;
  }

  private constructor(
    context: WorkerContext,
    settings: RouterOpeningSettings,
    plan: RouterOpeningPlan,
    client: Conn,
    first: Buffer,
  ) {
    this.context = context;
    this.settings = settings;
    this.plan = plan;
    this.startedMs = context.loop.nowMs;
    this.client = client;
    this.early = new EarlyBytes(client, context.buffer, first);
    client.owner = this;
  }

  abort(): void {
    this.end(undefined, '');
  }

  onReady(conn: Conn): void {
    if (this.isDone) return;
    if (conn === this.client) this.onClientReady();
    else if (this.link) this.onLinkReady(this.link);
  }

  onPolicy({ upstream, wans }: RouterPolicy): void {
    if (upstream.transport === 'direct' || this.isDone) return;
    const isLost = ({ server }: Candidate): boolean =>
      server !== undefined && !upstream.servers.some(({ label }) => label === server);
    this.race?.drop(isLost);
    this.moveFromDeadWan(wans);
  }

  /**
   * The WAN on which the flow stands has died before the reply: nothing can join this connection any more, so it would
   * hang until the handshake timeout.
   */
  private moveFromDeadWan(wans: readonly WanPolicy[]): void {
    const { link, route } = this;
    if (!link || !route || link.candidate.server === undefined) return;
    const others = waysLeft(route.candidates, link.candidate.wan, wans);
    if (others.length === 0) return;
    if (!link.hasSaid) {
      link.conn.reset();
      this.again(others);
      return;
    }
    // The reply may be here already.
    link.conn.readable = true;
    this.onLinkReady(link);
    if (this.isDone || this.link !== link) return;
    this.moveTo(others);
  }

  /** Says the request again, by the name of the first; false when that is not possible. */
  private moveTo(candidates: readonly Candidate[]): boolean {
    const left = { link: this.link as HelloLink, earlyBytes: this.early.all.length };
    if (!this.moves.leave(left, (this.route as Route).handshake)) return false;
    this.retries = 0;
    this.isWarm = false;
    this.context.counters.add('hedges', 1);
    this.again(candidates);
    return true;
  }

  /**
   * The server is past the request and goes on with it where it was said before: its reply got to this host on another
   * subflow of that connection. False when there is no such connection any more.
   */
  private goBack(): boolean {
    const left = this.moves.back();
    if (!left) return false;
    const { link, earlyBytes } = left;
    this.link?.conn.reset();
    this.link = link;
    link.conn.owner = this;
    link.conn.readable = true;
    if (!this.handshake.holdsEarly) this.sent(link.add(this.early.all.subarray(earlyBytes)));
    this.readReply();
    return true;
  }

  /** The connection to the server is gone, before its reply. */
  private onLost(detail: string): void {
    if (this.isWarm && this.moveTo((this.route as Route).candidates)) return;
    this.end('server-lost', detail);
  }

  private get handshake(): ClientHandshake {
    return this.moves.handshakeAfter((this.route as Route).handshake);
  }

  private beginWarm(attempt: Attempt): void {
    this.isWarm = true;
    this.context.counters.add('warmFlows', 1);
    const congestion = congestionFor(this.settings.congestion, this.plan.hints);
    // The pool's is the usual one.
    if (this.plan.hints.isLossy && congestion !== undefined) setCongestion(attempt.conn.fd, congestion);
    this.onConnect(attempt);
  }

  private get allCandidates(): Candidate[] {
    return this.plan.routes.flatMap(({ candidates }) => candidates);
  }

  /** Only what can go on over another connection may leave before anybody has answered on this one. */
  private mayFastOpen({ wan, server }: Candidate): boolean {
    if (!this.routeTo(server)?.handshake.resume) return false;
    return this.plan.fastOpen.mayUse(wan, this.context.loop.nowMs);
  }

  private routeTo(server: string | undefined): Route | undefined {
    return this.plan.routes.find(({ candidates }) => candidates[0]?.server === server);
  }

  private begin(
    candidates: readonly Candidate[],
    mayFastOpen: (candidate: Candidate) => boolean = () => false,
  ): 'started' | 'starved' {
    const congestion = congestionFor(this.settings.congestion, this.plan.hints);
    const race = new ConnectRace(this.context, { congestion, mayFastOpen }, candidates, {
      onConnect: (attempt) => this.onConnect(attempt),
      onExhausted: (errno) => this.onExhausted(errno),
    });
    this.race = race;
    this.context.loop.timers.arm(this.deadline, this.settings.connectTimeoutMs, this.context.loop.nowMs);
    const result = race.begin();
    if (result === 'starved') this.context.loop.timers.clear(this.deadline);
    return result;
  }

  private onExhausted(errno: number): void {
    const reason =
      this.plan.routes.at(-1)?.candidates[0]?.server === undefined ? 'unreachable' : 'server-down';
    this.end(
      reason,
      errno === 0 ? 'no WAN has an address of its family' : `connect failed: ${errnoName(errno)}`,
    );
  }

  private onDeadline(): void {
    if (this.link) {
      this.end('server-silent', `no reply within ${this.settings.handshakeTimeoutMs} ms`);
      return;
    }
    this.onExhausted(ETIMEDOUT);
  }

  private onConnect(attempt: Attempt): void {
    const { loop, counters } = this.context;
    loop.timers.clear(this.deadline);
    this.race = undefined;
    this.link = new HelloLink(attempt, this.context.buffer);
    this.route = this.routeTo(attempt.candidate.server);
    attempt.conn.owner = this;
    if (attempt.candidate.server === undefined && !attempt.candidate.mptcp)
      counters.add('directFallbacks', 1);
    if (waitsForBytes(attempt)) this.watchFastOpen(attempt);
    else if (attempt.candidate.mptcp && isMptcp(attempt.conn.fd) === false) {
      this.context.notePlain(attempt.candidate.wan);
    }
    this.takeEarly();
    if (this.isDone) return;
    const waitedMs = loop.nowMs - this.startedMs;
    const mayWait =
      this.early.all.length === 0 && !this.client.ended && waitedMs < this.settings.earlyDataWaitMs;
    if (mayWait) loop.timers.arm(this.earlyWait, this.settings.earlyDataWaitMs, loop.nowMs);
    else this.sendHello();
  }

  private watchFastOpen(attempt: Attempt): void {
    this.fastOpen = new FastOpenWatch(this.context, this.plan.fastOpen, attempt, {
      onRefused: () => {
        attempt.conn.reset();
        this.again(this.allCandidates);
      },
      onBad: () => this.leaveFastOpen(attempt),
    });
  }

  /** As the race would have gone on: over another WAN, else over this one, from the SYN on. */
  private leaveFastOpen({ conn, candidate: { wan } }: Attempt): void {
    if (!conn.broken) {
      // The reply may be here already.
      conn.readable = true;
      this.readReply();
      if (this.isDone || this.link?.conn !== conn) return;
    }
    const { candidates } = this.route as Route;
    const others = candidates.filter((one) => one.wan !== wan);
    if (this.moveTo([...others, ...candidates.filter((one) => one.wan === wan)])) return;
    if (conn.broken) this.end('server-lost', 'the connection failed with the request');
  }

  private onClientReady(): void {
    if (this.client.broken) {
      this.end('client-gone', 'the device reset the connection before it was established');
      return;
    }
    if (!this.link) return;
    const fresh = this.takeEarly();
    if (this.isDone || fresh.length === 0) return;
    if (!this.link.hasSaid) this.sendHello();
    else if (!this.handshake.holdsEarly) this.sent(this.link.add(fresh));
  }

  /** What is new of them. */
  private takeEarly(): Buffer {
    const taken = this.early.take();
    if (typeof taken !== 'number') return taken;
    this.end('client-gone', `the device's connection failed: ${errnoName(-taken)}`);
    return NOTHING;
  }

  private sendHello(): void {
    this.context.loop.timers.clear(this.earlyWait);
    this.context.loop.timers.arm(this.deadline, this.settings.handshakeTimeoutMs, this.context.loop.nowMs);
    this.sent((this.link as HelloLink).say(this.handshake, this.early.all));
    this.fastOpen?.start();
    this.readReply();
  }

  private onLinkReady(link: HelloLink): void {
    if (link.hasSaid) {
      if (this.fastOpen?.look()) return;
      this.sent(link.flush());
      this.readReply();
    } else if (link.conn.broken) this.onLost('the server closed the connection before the request');
  }

  /** @param result of the link, which sent something */
  private sent(result: number): void {
    if (result < 0) this.onLost(`sending the request failed: ${errnoName(-result)}`);
  }

  private readReply(): void {
    const reply = this.isDone ? undefined : this.link?.reply();
    if (!reply) return;
    if (reply.kind === 'established') {
      const server = this.link?.candidate.server;
      if (reply.families && server !== undefined) this.context.learnFamilies(server, reply.families);
      const { front } = this.plan;
      this.establish(front ? Buffer.concat([front.accepted(), reply.rest]) : reply.rest, reply.codec);
    } else if (reply.kind === 'retry' && this.retries < MAX_RETRIES) {
      this.retry();
    } else if (reply.kind === 'retry') {
      this.end('clock', 'the server did not take the cookies that it gave us');
    } else if (this.moves.count > 0 && reply.reason === 'not-authorized') {
      if (this.goBack()) return;
      this.end('server-lost', 'the WAN died before the reply, and the server cannot go on with the request');
    } else if (reply.reason === 'server-lost') {
      this.onLost(reply.detail);
    } else {
      this.end(reply.reason, reply.detail);
    }
  }

  private retry(): void {
    const { conn, candidate } = this.link as HelloLink;
    // As RFC 8803 has it for a connection with an error.
    conn.reset();
    this.retries++;
    this.again([candidate]);
  }

  /** The same handshake over a new upstream. */
  private again(candidates: readonly Candidate[]): void {
    this.context.loop.timers.clear(this.earlyWait);
    this.endFastOpen();
    this.link = undefined;
    if (this.begin(candidates) === 'starved') this.end('resource', 'no file descriptor is left');
  }

  private establish(received: Buffer, codec: StreamCodec | undefined): void {
    const { context, settings, plan, client } = this;
    const link = this.link as HelloLink;
    const { candidates, handshake } = this.route as Route;
    const opening = {
      client,
      link,
      target: plan.target,
      candidates,
      handshake,
      attempts: this.moves.count,
      congestion: congestionFor(settings.congestion, plan.hints),
      handshakeTimeoutMs: settings.handshakeTimeoutMs,
      early: this.early.all,
      holdsEarly: this.handshake.holdsEarly === true,
      received,
      codec,
      young: plan.young,
      onRefused: () => this.fail('refused-by-target', REFUSED_BLINDLY, link.candidate.wan),
    };
    this.finish();
    startCarriedFlow(context, opening);
  }

  private end(reason: FailureReason | undefined, detail: string): void {
    if (this.isDone) return;
    this.finish();
    this.race?.close();
    this.link?.conn.reset();
    if (reason) this.fail(reason, detail, this.link?.candidate.wan);
    const { front } = this.plan;
    if (front && reason && reason !== 'client-gone') {
      // Who moved may have been served over the way that is lost.
      const isUnserved = this.moves.count === 0 && BEFORE_ANY_BYTE.has(reason);
      return front.refused(reason, isUnserved ? this.early.all : undefined);
    }
    this.client.reset();
    this.context.onFlowEnd();
  }

  private fail(reason: FailureReason, detail: string, wan: string | undefined): void {
    const via = wan === undefined ? '' : ` over ${wan}`;
    this.context.fail(reason, `${this.context.nameTarget(this.plan.target)}${via}: ${detail}`);
  }

  private endFastOpen(): void {
    this.fastOpen?.stop();
    this.fastOpen = undefined;
  }

  private finish(): void {
    this.isDone = true;
    this.endFastOpen();
    this.context.openings.delete(this);
    this.context.loop.timers.clear(this.earlyWait);
    this.context.loop.timers.clear(this.deadline);
    this.moves.close();
  }
}
