// An established flow of the router that stands on one WAN still: when that dies it goes on over another one, by a hello
// that tells the server where it stands.
//
// The kernel joins further subflows, but not to a connection whose far end has said its last byte (tried on 6.18: the
// join is reset), and short answers are sent whole before the join is there.
import type { SocketAddress } from '../../base/address.ts';
import { sendPaths } from '../../linux/send-paths.ts';
import type { ClientHandshake } from '../../transport/handshake.ts';
import type { Conn, ConnOwner } from '../loop/conn.ts';
import { type Attempt, ConnectRace } from './connect-race.ts';
import { Flow } from '../flow/flow.ts';
import { HelloLink } from './hello-link.ts';
import type { Candidate, WanPolicy } from './router-policy.ts';
import { SentCopy } from '../flow/sent-copy.ts';
import { Timer } from '../loop/timers.ts';
import { waysLeft } from './ways-left.ts';
import type { WorkerContext } from '../worker-context.ts';

// A join takes two round trips; one that is there after this long will stay.
const JOINED_AFTER_MS = 1000;

export interface YoungFlowSpec {
  readonly target: SocketAddress;
  readonly wan: string;
  readonly candidates: readonly Candidate[];
  /** Of the flow's first hello. */
  readonly handshake: ClientHandshake;
  /** Hellos that have gone out to resume it. */
  readonly attempts: number;
  readonly congestion: string | undefined;
  readonly handshakeTimeoutMs: number;
}

/** The bytes at the beginning of both directions. */
export interface FirstBytes {
  /** Has been sent to the server. */
  readonly sent: Buffer;
  /** Is still to be sent to it. */
  readonly unsent: Buffer;
  /** Came behind its reply. */
  readonly received: Buffer;
}

export class YoungFlow implements ConnOwner {
  private readonly context: WorkerContext;
  private readonly spec: YoungFlowSpec;
  private readonly startedMs: number;
  private flow: Flow | undefined;
  private wan: string;
  private attempts: number;
  private race: ConnectRace | undefined;
  private resuming: HelloLink | undefined;
  /** How far our stream has got on it. */
  private place = 0;
  /** Connections on dead WANs: a reset of one could overtake the hello that takes its place. */
  private left: Conn[] = [];
  private readonly deadline = new Timer(() => this.giveUp('the server did not answer'));

  /** @param all those of the worker; the flow is in it while it can be resumed */
  static start(
    context: WorkerContext,
    spec: YoungFlowSpec,
    conns: readonly [Conn, Conn],
    { sent, unsent, received }: FirstBytes,
    all: Set<YoungFlow>,
  ): void {
    const toFar = new SentCopy(context.copies, context.loop.nowMs);
    toFar.push(sent);
    const young = new YoungFlow(context, spec);
    all.add(young);
    const onGone = (): void => {
      all.delete(young);
      young.close();
    };
    young.flow = Flow.start(context, conns, unsent, received, {
      copies: { toFar, onGone },
      sentToFarBytes: sent.length,
    });
  }

  private constructor(context: WorkerContext, spec: YoungFlowSpec) {
    this.context = context;
    this.spec = spec;
    this.startedMs = context.loop.nowMs;
    this.wan = spec.wan;
    this.attempts = spec.attempts;
  }

  onPolicy(wans: readonly WanPolicy[]): void {
    const { flow } = this;
    if (!flow || this.race) return;
    const others = waysLeft(this.spec.candidates, this.resuming?.candidate.wan ?? this.wan, wans);
    if (others.length === 0 || (!this.resuming && this.isJoined(flow))) return;
    flow.hold();
    this.resume(flow, others);
  }

  onReady(conn: Conn): void {
    const { resuming, flow } = this;
    if (!resuming || !flow || conn !== resuming.conn) return;
    const reply = resuming.reply();
    if (!reply) return;
    if (reply.kind !== 'established') {
      this.giveUp(reply.kind === 'retry' ? 'the server has restarted' : reply.detail);
    } else if (flow.changeFar(conn, this.place, reply.rest)) {
      this.resuming = undefined;
      this.wan = resuming.candidate.wan;
      this.close();
      flow.letGo();
    } else {
      this.giveUp('it is past its beginning');
    }
  }

  private isJoined({ farPoint }: Flow): boolean {
    const ageMs = this.context.loop.nowMs - this.startedMs;
    return farPoint === undefined || (ageMs > JOINED_AFTER_MS && sendPaths(farPoint.fd).length > 0);
  }

  private resume(flow: Flow, candidates: readonly Candidate[]): void {
    const point = flow.farPoint;
    if (!point) return this.giveUp(undefined);
    const { loop, counters } = this.context;
    const { copy, received } = point;
    const early = copy.bytes();
    this.attempts++;
    const handshake = this.spec.handshake.resume?.({
      attempt: this.attempts,
      isAnswered: true,
      from: copy.from,
      received,
    });
    if (!handshake) return this.giveUp(undefined);
    if (this.resuming) this.left.push(this.resuming.conn);
    this.resuming = undefined;
    counters.add('hedges', 1);
    loop.timers.arm(this.deadline, this.spec.handshakeTimeoutMs, loop.nowMs);
    this.race = new ConnectRace(this.context, { congestion: this.spec.congestion }, candidates, {
      onConnect: (attempt) => this.say(attempt, handshake, early, copy.from),
      onExhausted: () => this.giveUp('no other WAN reaches the server'),
    });
    if (this.race.begin() === 'starved') this.giveUp('no file descriptor is left');
  }

  private say(attempt: Attempt, handshake: ClientHandshake, early: Buffer, from: number): void {
    this.race = undefined;
    const link = new HelloLink(attempt, this.context.buffer);
    this.resuming = link;
    link.conn.owner = this;
    link.say(handshake, early);
    // What did not find room goes out once the flow goes on.
    this.place = from + early.length - link.unsent.length;
    if (this.place < from) this.giveUp('sending the hello failed');
  }

  /** The connection that there was may still be of use. @param why undefined when nothing was tried */
  private giveUp(why: string | undefined): void {
    if (why !== undefined) {
      const what = `the WAN died and the flow was not taken to another one: ${why}`;
      this.context.fail(
        'server-lost',
        `${this.context.nameTarget(this.spec.target)} over ${this.wan}: ${what}`,
      );
    }
    this.close();
    this.flow?.letGo();
  }

  private close(): void {
    this.context.loop.timers.clear(this.deadline);
    this.race?.close();
    this.race = undefined;
    this.resuming?.conn.reset();
    this.resuming = undefined;
    for (const conn of this.left.splice(0)) conn.reset();
  }
}
