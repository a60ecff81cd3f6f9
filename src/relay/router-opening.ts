// A flow on the router before it is established: the device is connected, the upstream is being opened.
//
// WANs are tried in order, each after the hedge delay or as soon as the one before failed; the first to connect
// gets the hello, and only that one: nothing is sent twice, so the origin sees a request once. The one exception is
// an authenticated refusal that the server sent before it dialled (a wrong clock).
import type { SocketAddress } from '../base/address.ts';
import { ETIMEDOUT, errnoName } from '../linux/errno.ts';
import { isMptcp } from '../linux/sockets.ts';
import type { FailureReason } from '../transport/failure.ts';
import type { ClientHandshake, ClientStep, PathHints } from '../transport/handshake.ts';
import { type CongestionChoice, congestionFor } from './congestion-choice.ts';
import { Conn, type ConnOwner } from './conn.ts';
import { type Attempt, ConnectRace } from './connect-race.ts';
import { Flow } from './flow.ts';
import { receive, send } from './io.ts';
import type { Candidate, RouterPolicy, WanPolicy } from './router-policy.ts';
import { Timer } from './timers.ts';
import type { Opening, WorkerContext } from './worker-context.ts';

export interface RouterOpeningSettings {
  readonly connectTimeoutMs: number;
  readonly handshakeTimeoutMs: number;
  readonly earlyDataWaitMs: number;
  readonly congestion: CongestionChoice;
}

export interface Route {
  readonly candidates: readonly Candidate[];
  readonly handshake: ClientHandshake;
}

export interface RouterOpeningPlan {
  readonly target: SocketAddress;
  readonly hints: PathHints;
  /** In order: each server, then the target itself where that is allowed. */
  readonly routes: readonly Route[];
}

// The largest reply is 1020 bytes (RFC 8803); what stays unfinished beyond this is no reply.
const REPLY_LIMIT_BYTES = 4096;
// First bytes of the device that are kept, to be sent again after an authenticated refusal before the dial.
const EARLY_LIMIT_BYTES = 64 * 1024;
const NOTHING: Buffer = Buffer.alloc(0);

export class RouterOpening implements ConnOwner, Opening {
  private readonly context: WorkerContext;
  private readonly settings: RouterOpeningSettings;
  private readonly plan: RouterOpeningPlan;
  private readonly client: Conn;
  private readonly startedMs: number;
  private route: Route | undefined;
  private race: ConnectRace | undefined;
  private winner: Attempt | undefined;
  private helloSent = false;
  private hasRetried = false;
  private hasMoved = false;
  /** First bytes of the device, all of them so far. */
  private early: Buffer = NOTHING;
  /** What of hello and early bytes the upstream has not taken yet. */
  private unsent: Buffer = NOTHING;
  private reply: Buffer = NOTHING;
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
    const opening = new RouterOpening(context, settings, plan, client);
    context.openings.add(opening);
    if (opening.begin(plan.routes.flatMap(({ candidates }) => candidates)) === 'started') return true;
    context.openings.delete(opening);
    opening.client.release();
    return false;
  }

  private constructor(
    context: WorkerContext,
    settings: RouterOpeningSettings,
    plan: RouterOpeningPlan,
    client: Conn,
  ) {
    this.context = context;
    this.settings = settings;
    this.plan = plan;
    this.startedMs = context.loop.nowMs;
    this.client = client;
    client.owner = this;
  }

  abort(): void {
    this.end(undefined, '');
  }

  onReady(conn: Conn): void {
    if (this.isDone) return;
    if (conn === this.client) this.onClientReady();
    else if (this.winner) this.onWinnerReady(this.winner);
  }

  onPolicy({ upstream, wans }: RouterPolicy): void {
    if (upstream.transport === 'direct' || this.isDone) return;
    const isLost = ({ server }: Candidate): boolean =>
      server !== undefined && !upstream.servers.some(({ label }) => label === server);
    this.race?.drop(isLost);
    this.moveFromDeadWan(wans);
  }

  /**
   * The WAN on which the hello went out has died before the reply: nothing can join this connection any more, so it
   * would hang until the handshake timeout. The same hello goes out once more, over another WAN to the same server:
   * that refuses a nonce which it has seen, so the origin still sees one request at most.
   */
  private moveFromDeadWan(wans: readonly WanPolicy[]): void {
    const { winner } = this;
    if (!winner || this.hasMoved || winner.candidate.server === undefined) return;
    const isAlive = (name: string): boolean => wans.some((wan) => wan.name === name && !wan.isSilent);
    if (isAlive(winner.candidate.wan)) return;
    const others = (this.route as Route).candidates.filter(({ wan }) => isAlive(wan));
    if (others.length === 0) return;
    this.hasMoved = true;
    this.context.counters.add('hedges', 1);
    winner.conn.reset();
    this.again(others);
  }

  private get handshake(): ClientHandshake {
    return (this.route as Route).handshake;
  }

  private begin(candidates: readonly Candidate[]): 'started' | 'starved' {
    const congestion = congestionFor(this.settings.congestion, this.plan.hints);
    const race = new ConnectRace(this.context, { congestion }, candidates, {
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
    if (this.winner) {
      this.end('server-silent', `no reply within ${this.settings.handshakeTimeoutMs} ms`);
      return;
    }
    this.onExhausted(ETIMEDOUT);
  }

  private onConnect(attempt: Attempt): void {
    const { loop, counters } = this.context;
    loop.timers.clear(this.deadline);
    this.race = undefined;
    this.winner = attempt;
    this.route = this.plan.routes.find(
      ({ candidates }) => candidates[0]?.server === attempt.candidate.server,
    );
    attempt.conn.owner = this;
    if (attempt.candidate.server === undefined && !attempt.candidate.mptcp)
      counters.add('directFallbacks', 1);
    if (attempt.candidate.mptcp && isMptcp(attempt.conn.fd) === false) {
      this.context.notePlain(attempt.candidate.wan);
    }
    this.takeEarly();
    if (this.isDone) return;
    const waitedMs = loop.nowMs - this.startedMs;
    const mayWait = this.early.length === 0 && !this.client.ended && waitedMs < this.settings.earlyDataWaitMs;
    if (mayWait) loop.timers.arm(this.earlyWait, this.settings.earlyDataWaitMs, loop.nowMs);
    else this.sendHello();
  }

  private onClientReady(): void {
    if (this.client.broken) {
      this.end('client-gone', 'the device reset the connection before it was established');
      return;
    }
    if (!this.winner) return;
    const before = this.early.length;
    this.takeEarly();
    if (this.isDone || this.early.length === before) return;
    if (!this.helloSent) this.sendHello();
    else this.queueUpstream(this.early.subarray(before));
  }

  /** Reads what the device has sent, up to the limit; the rest waits in the kernel until the flow stands. */
  private takeEarly(): void {
    const room = EARLY_LIMIT_BYTES - this.early.length;
    if (!this.client.readable || room === 0) return;
    const read = receive(this.client, this.context.buffer, room);
    if (typeof read !== 'number') return;
    if (read < 0) {
      this.end('client-gone', `the device's connection failed: ${errnoName(-read)}`);
      return;
    }
    if (read > 0) this.early = Buffer.concat([this.early, this.context.buffer.subarray(0, read)]);
  }

  private sendHello(): void {
    this.context.loop.timers.clear(this.earlyWait);
    this.context.loop.timers.arm(this.deadline, this.settings.handshakeTimeoutMs, this.context.loop.nowMs);
    this.helloSent = true;
    this.queueUpstream(this.handshake.hello(this.early));
    // A transport without a reply is established now.
    if (!this.isDone) this.onStep(this.handshake.receive(NOTHING), NOTHING);
  }

  private queueUpstream(bytes: Buffer): void {
    this.unsent = this.unsent.length === 0 ? bytes : Buffer.concat([this.unsent, bytes]);
    this.flushUnsent();
  }

  private flushUnsent(): void {
    const { conn } = this.winner as Attempt;
    if (this.unsent.length === 0 || !conn.writable) return;
    const sent = send(conn, this.unsent);
    if (sent < 0) this.end('server-lost', `sending the request failed: ${errnoName(-sent)}`);
    else this.unsent = this.unsent.subarray(sent);
  }

  private onWinnerReady({ conn }: Attempt): void {
    if (!this.helloSent) {
      if (conn.broken) this.end('server-lost', 'the server closed the connection before the request');
      return;
    }
    this.flushUnsent();
    while (!this.isDone && this.helloSent && conn.readable) {
      const read = receive(conn, this.context.buffer, this.context.buffer.length);
      if (typeof read !== 'number') return;
      if (read <= 0) {
        const why = read === 0 ? 'the server closed the connection' : errnoName(-read);
        this.end('server-lost', `${why} before its reply`);
        return;
      }
      const bytes = Buffer.concat([this.reply, this.context.buffer.subarray(0, read)]);
      this.onStep(this.handshake.receive(bytes), bytes);
    }
  }

  private onStep(step: ClientStep, bytes: Buffer): void {
    if (step.kind === 'more') {
      this.reply = bytes;
      if (bytes.length > REPLY_LIMIT_BYTES) this.end('malformed', 'the reply does not end');
    } else if (step.kind === 'established') {
      const server = this.winner?.candidate.server;
      if (step.families && server !== undefined) this.context.learnFamilies(server, step.families);
      this.establish(bytes.subarray(step.consumed));
    } else if (step.kind === 'retry' && !this.hasRetried) {
      this.retry();
    } else if (step.kind === 'retry') {
      this.end('clock', 'the server refused our time again after the clocks were matched');
    } else if (this.hasMoved && step.reason === 'not-authorized') {
      this.end('server-lost', 'the WAN died when the request had arrived, which is not sent twice');
    } else {
      this.end(step.reason, step.detail);
    }
  }

  private retry(): void {
    const { conn, candidate } = this.winner as Attempt;
    conn.close();
    this.hasRetried = true;
    this.again([candidate]);
  }

  /** The same handshake over a new upstream. */
  private again(candidates: readonly Candidate[]): void {
    this.context.loop.timers.clear(this.earlyWait);
    this.winner = undefined;
    this.helloSent = false;
    this.reply = NOTHING;
    this.unsent = NOTHING;
    if (this.begin(candidates) === 'starved') this.end('resource', 'no file descriptor is left');
  }

  private establish(first: Buffer): void {
    this.finish();
    // The device's first bytes that left with the hello; the flow counts what it moves itself.
    this.context.counters.add('bytesToFar', Math.max(0, this.early.length - this.unsent.length));
    Flow.start(this.context, this.client, (this.winner as Attempt).conn, this.unsent, first);
  }

  private end(reason: FailureReason | undefined, detail: string): void {
    if (this.isDone) return;
    this.finish();
    this.client.reset();
    this.race?.close();
    this.winner?.conn.reset();
    if (reason) {
      const via = this.winner ? ` over ${this.winner.candidate.wan}` : '';
      this.context.fail(reason, `${this.context.nameTarget(this.plan.target)}${via}: ${detail}`);
    }
    this.context.onFlowEnd();
  }

  private finish(): void {
    this.isDone = true;
    this.context.openings.delete(this);
    this.context.loop.timers.clear(this.earlyWait);
    this.context.loop.timers.clear(this.deadline);
  }
}
