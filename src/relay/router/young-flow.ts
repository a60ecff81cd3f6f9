// An established flow of the router that stands on one WAN still: when that dies it goes on over another one, by a hello
// that tells the server where it stands.
//
// The kernel joins further subflows, but not to a connection whose far end has said its last byte (tried on 6.18: the
// join is reset), and short answers are sent whole before the join is there.
import type { SocketAddress } from '../../base/address.ts';
import { sendPaths } from '../../linux/send-paths.ts';
import type { ClientHandshake } from '../../transport/handshake.ts';
import type { Conn } from '../loop/conn.ts';
import { Flow } from '../flow/flow.ts';
import type { FinalReply, HelloLink } from './hello-link.ts';
import { HelloRace, type HelloRaceHandlers } from './hello-race.ts';
import type { Candidate, WanPolicy } from './router-policy.ts';
import { SentCopy } from '../flow/sent-copy.ts';
import { type Listed, type Roster, UNLISTED } from '../roster.ts';
import { candidatesLeft } from './candidates-left.ts';
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
  /** Those of the worker: the flow is in it while it can be resumed. */
  readonly all: Roster<YoungFlow>;
}

/** Both ends, and the bytes at the beginning of both directions. */
export interface YoungFlowStart {
  readonly client: Conn;
  readonly upstream: Conn;
  /** Has been sent to the server. */
  readonly sent: Buffer;
  /** Is still to be sent to it. */
  readonly unsent: Buffer;
  /** For the device: our own answer to it, and what came behind the server's reply. */
  readonly received: Buffer;
  /** So many bytes of it are our own. */
  readonly ownBytes: number;
}

export class YoungFlow implements HelloRaceHandlers, Listed {
  rosterPlace = UNLISTED;
  private readonly context: WorkerContext;
  private readonly spec: YoungFlowSpec;
  private readonly startedMs: number;
  private flow: Flow | undefined;
  private wan: string;
  private attempts: number;
  /** While it is to go on over another connection. */
  private resuming: HelloRace | undefined;
  /** Place in our stream behind the bytes that its hello takes along. */
  private endOfEarly = 0;
  /** Connections on dead WANs: a reset of one could overtake the hello that takes its place. */
  private left: Conn[] = [];

  static start(
    context: WorkerContext,
    spec: YoungFlowSpec,
    { client, upstream, sent, unsent, received, ownBytes }: YoungFlowStart,
  ): void {
    const toFar = new SentCopy(context.copies, context.loop.nowMs);
    toFar.push(sent);
    const young = new YoungFlow(context, spec);
    spec.all.add(young);
    const onGone = (): void => {
      spec.all.delete(young);
      young.close();
    };
    young.flow = Flow.start(context, {
      near: client,
      far: upstream,
      firstToFar: unsent,
      firstToNear: received,
      ownToNearBytes: ownBytes,
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
    const { flow, resuming } = this;
    const wan = resuming ? resuming.wan : this.wan;
    // One that is still connecting goes on by itself.
    if (!flow || wan === undefined) return;
    const others = candidatesLeft(this.spec.candidates, wan, wans);
    if (others.length === 0 || (!resuming && this.isJoined(flow))) return;
    flow.hold();
    this.resume(flow, others);
  }

  onReply({ conn, candidate, unsent }: HelloLink, reply: FinalReply): void {
    const { flow } = this;
    const place = this.endOfEarly - unsent.length;
    if (reply.kind === 'established' && flow?.changeFar(conn, place, reply.rest)) {
      this.wan = candidate.wan;
      this.close();
      flow.letGo();
      return;
    }
    conn.reset();
    this.giveUp(whyNot(reply));
  }

  onFailed(why: string): void {
    this.giveUp(why);
  }

  private isJoined({ farPoint }: Flow): boolean {
    const ageMs = this.context.loop.nowMs - this.startedMs;
    return farPoint === undefined || (ageMs > JOINED_AFTER_MS && sendPaths(farPoint.fd).length > 0);
  }

  private resume(flow: Flow, candidates: readonly Candidate[]): void {
    const point = flow.farPoint;
    if (!point) return this.giveUp(undefined);
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
    const before = this.resuming?.leave();
    if (before) this.left.push(before.conn);
    this.context.counters.add('hedges', 1);
    const { congestion, handshakeTimeoutMs: timeoutMs } = this.spec;
    this.endOfEarly = copy.from + early.length;
    this.resuming = new HelloRace(
      this.context,
      { candidates, congestion, handshake, early, timeoutMs },
      this,
    );
    this.resuming.begin();
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
    this.resuming?.leave()?.conn.reset();
    this.resuming = undefined;
    for (const conn of this.left.splice(0)) conn.reset();
  }
}

function whyNot(reply: FinalReply): string {
  if (reply.kind === 'failed') return reply.detail;
  return reply.kind === 'retry' ? 'the server has restarted' : 'it is past its beginning';
}
