// A flow on the server before it is established: the request is read and proved, then the target is dialled.
import { errnoName } from '../../linux/errno.ts';
import { isMptcp, setCongestion } from '../../linux/sockets.ts';
import { NO_SPARE_FD } from '../../linux/spare-fd.ts';
import { synAckOptions } from '../../linux/tcp-options.ts';
import type { FailureReason } from '../../transport/failure.ts';
import type {
  Answers,
  DialStep,
  MadeLeg,
  PathHints,
  ResumeStep,
  ServerHandshake,
  ServerStep,
} from '../../transport/handshake.ts';
import { type CongestionChoice, congestionFor } from '../congestion-choice.ts';
import { Conn, type ConnOwner, NOBODY } from '../loop/conn.ts';
import type { EgressPolicy } from './egress.ts';
import { Flow, type FlowExtras } from '../flow/flow.ts';
import { receive, send } from '../loop/io.ts';
import { Refusal } from '../refusal.ts';
import { ResumableFlow } from './resumable-flow.ts';
import type { Arrival, Resumable } from './resumables.ts';
import { TargetDial } from './target-dial.ts';
import { Timer } from '../loop/timers.ts';
import type { Opening, WorkerContext } from '../worker-context.ts';

export interface ServerOpeningSettings {
  readonly handshakeTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly congestion: CongestionChoice;
}

// How long a connection is kept for a flow to come; the router gives it up after a minute.
const WARM_MS = 120_000;
// A request of RFC 8803 is at most 1020 bytes, one of Shadowsocks 2022 seals up to 64 KiB of first bytes with it, behind some
// 200 bytes of its own; what comes behind that may be taken with it. More waits in the kernel.
const REQUEST_LIMIT_BYTES = 72 * 1024;
const NOTHING: Buffer = Buffer.alloc(0);

/** Counts one more connection that is kept for a key; undefined when it has the most that it may have. */
export type EnterWarm = (keyId: number) => (() => void) | undefined;

/** Looked at when a flow needs them: both may change while a connection is kept for one. */
export interface ServerOpeningRules {
  readonly settings: ServerOpeningSettings;
  readonly egress: EgressPolicy;
}

/** What an opening begins with. */
export interface ServerOpeningStart {
  readonly clientFd: number;
  /** Keeps a number free for the target's socket; the opening's, once it has started. */
  readonly spareFd: number;
  /** The listener takes data with a SYN. */
  readonly isFastOpen: boolean;
  readonly rules: ServerOpeningRules;
  readonly handshake: ServerHandshake;
  /** Called once, when the client has authenticated or is gone. */
  readonly onProved: () => void;
  readonly enterWarm: EnterWarm;
}

export class ServerOpening implements ConnOwner, Opening, Resumable {
  private readonly context: WorkerContext;
  private readonly begin: ServerOpeningStart;
  private client: Conn;
  private onProved: () => void;
  /** While the connection is kept for a flow to come. */
  private leaveWarm: (() => void) | undefined;
  private state: 'reading' | 'dialling' | 'done' = 'reading';
  private received: Buffer = NOTHING;
  private dial: DialStep | undefined;
  /** To whoever of the flow's connections asked last. */
  private answers: Answers | undefined;
  /** Which of them that is. */
  private attempt = 0;
  private dialling: TargetDial | undefined;
  /** Connected before the handshake of the client's own connection has ended. */
  private target: Conn | undefined;
  private spareFd: number;
  private readonly deadline = new Timer(() => this.onDeadline());

  /**
   * Reads the request from the client. False when the kernel has no memory left to watch it: nothing was started and the
   * caller keeps both fds.
   */
  static start(context: WorkerContext, begin: ServerOpeningStart): boolean {
    const { clientFd, handshake, rules } = begin;
    const client = Conn.watch(context.loop, clientFd, undefined);
    if (!client) return false;
    const opening = new ServerOpening(context, client, begin);
    if (begin.isFastOpen) client.noteHalfOpen();
    context.openings.add(opening);
    context.loop.timers.arm(opening.deadline, rules.settings.handshakeTimeoutMs, context.loop.nowMs);
    if (handshake.isSilent) opening.onStep(handshake.receive(NOTHING));
    return true;
  }

  private constructor(context: WorkerContext, client: Conn, begin: ServerOpeningStart) {
    this.context = context;
    this.begin = begin;
    this.onProved = () => {
      this.onProved = () => undefined;
      begin.onProved();
    };
    this.client = client;
    client.owner = this;
    this.spareFd = begin.spareFd;
  }

  abort(): void {
    this.end();
  }

  onReady(conn: Conn): void {
    if (conn !== this.client) return;
    if (this.state === 'reading') this.read();
    else if (this.state === 'dialling' && conn.broken) this.fail('client-gone', 'reset by the router');
    else if (this.target) this.establish(this.target);
  }

  /** Nothing has been answered yet: the connection takes the place of the one before. */
  resume(conn: Conn, { point, first }: Arrival, answers: Answers): boolean {
    if (this.state !== 'dialling' || point.isAnswered) return false;
    this.client.reset();
    this.client = conn;
    conn.owner = this;
    // The router says everything again.
    this.received = Buffer.from(first);
    this.answers = answers;
    this.attempt = point.attempt;
    if (this.target) this.establish(this.target);
    return true;
  }

  private read(): void {
    while (this.state === 'reading' && this.client.readable) {
      const room = REQUEST_LIMIT_BYTES - this.received.length;
      const read = receive(this.client, this.context.buffer, room);
      if (read === undefined) return;
      if (read <= 0) {
        // A connection that says nothing at all is a probe or a lost hedge, not a failure.
        if (this.received.length === 0) this.end();
        else this.fail('client-gone', `the request ended after ${this.received.length} bytes`);
        return;
      }
      if (this.leaveWarm) this.wake();
      this.received = Buffer.concat([this.received, this.context.buffer.subarray(0, read)]);
      this.onStep(this.begin.handshake.receive(this.received));
    }
  }

  private onStep(step: ServerStep): void {
    if (step.kind === 'more') {
      if (this.received.length >= REQUEST_LIMIT_BYTES) this.fail('malformed', 'the request does not end');
    } else if (step.kind === 'dial') {
      // A stranger counts for its address until the target has answered (RFC 8803, 9.3).
      if (!step.isStranger) this.onProved();
      this.startDial(step);
    } else if (step.kind === 'resume') {
      this.handOver(step);
    } else if (step.kind === 'send') {
      this.answer(step.bytes);
    } else if (step.kind === 'keep') {
      this.keep(step);
    } else if (step.kind === 'reply') {
      if (step.reason) this.context.fail(step.reason, step.detail);
      this.refuse(step.bytes);
    } else {
      this.fail(step.reason, step.detail);
    }
  }

  private keep({ keyId, consumed, accept, refuse }: Extract<ServerStep, { kind: 'keep' }>): void {
    const { loop, openings, warm } = this.context;
    this.onProved();
    this.leaveWarm = this.begin.enterWarm(keyId);
    if (!this.leaveWarm) return this.refuse(refuse);
    if (send(this.client, accept) !== accept.length) return this.end();
    openings.delete(this);
    warm.add(this);
    loop.timers.arm(this.deadline, WARM_MS, loop.nowMs);
    this.received = this.received.subarray(consumed);
    if (this.received.length === 0) return;
    this.wake();
    this.onStep(this.begin.handshake.receive(this.received));
  }

  /** The flow that the connection was kept for begins. */
  private wake(): void {
    const { loop, openings } = this.context;
    this.rest();
    openings.add(this);
    loop.timers.arm(this.deadline, this.begin.rules.settings.handshakeTimeoutMs, loop.nowMs);
  }

  private rest(): void {
    this.context.warm.delete(this);
    this.leaveWarm?.();
    this.leaveWarm = undefined;
  }

  /** Part of a longer exchange. */
  private answer(bytes: Buffer): void {
    const sent = send(this.client, bytes);
    // The first bytes of a connection always find room.
    if (sent !== bytes.length) this.fail('client-gone', 'sending an answer failed');
    else this.onStep(this.begin.handshake.receive(this.received));
  }

  private handOver({ worker, flowId, point, request, hints, consumed }: ResumeStep): void {
    const { fd } = this.client;
    this.useCongestion(hints);
    this.client.release();
    this.finish();
    // A copy of its own memory: a view would drag the whole buffer along.
    const first = Uint8Array.from(this.received.subarray(consumed));
    this.context.handOver(worker, { fd, flowId, point, request, first });
    this.context.onFlowEnd();
  }

  private startDial(step: DialStep): void {
    this.dial = step;
    this.answers = step;
    const rest = this.received.subarray(step.consumed);
    const first = step.sealed ? opened(step.sealed, rest) : rest;
    if (!first) return this.fail('not-authorized', 'what follows the request is forged');
    this.received = first;
    this.state = 'dialling';
    const { resumable } = step;
    if (resumable) {
      this.attempt = resumable.attempt;
      this.context.resumables.set(resumable.flowId, this, resumable.attempt);
    }
    this.useCongestion(step.hints);
    const { loop } = this.context;
    loop.timers.arm(this.deadline, this.begin.rules.settings.connectTimeoutMs, loop.nowMs);
    this.dialling = new TargetDial(this.context, this.begin.rules.egress, step, this.spareFd, {
      onConnect: (target) => this.establish(target),
      onRefused: (reason, why, code) => this.refuseDial(reason, why, code),
    });
    this.spareFd = NO_SPARE_FD;
    this.dialling.begin();
  }

  private useCongestion(hints: PathHints): void {
    const congestion = congestionFor(this.begin.rules.settings.congestion, hints);
    // The listener's is the usual one already.
    if (hints.isLossy && congestion !== undefined) setCongestion(this.client.fd, congestion);
  }

  private establish(target: Conn): void {
    this.target = target;
    target.owner = NOBODY;
    if (this.client.isHalfOpen) return;
    this.target = undefined;
    const { attempt, client, received: first } = this;
    const { resumable, sealed, isStranger } = this.dial as DialStep;
    const { families } = this.begin.rules.egress;
    const reply = (this.answers as Answers).accept(families, this.madeLeg(target));
    this.finish();
    const sent = reply.length === 0 ? 0 : send(client, reply);
    if (isStranger) this.context.counters.add('foreignFlows', 1);
    if (sent === reply.length && resumable) {
      const { flowId } = resumable;
      ResumableFlow.start(this.context, client, target, { flowId, attempt, families, first });
      return;
    }
    if (sent === reply.length) {
      const extras: FlowExtras = sealed ? { sealed: { side: 'near', codec: sealed.codec } } : {};
      Flow.start(this.context, [client, target], first, NOTHING, extras);
      return;
    }
    // The first bytes of a connection always find room.
    client.reset();
    target.reset();
    this.context.fail('client-gone', `sending the reply failed: ${errnoName(Math.max(0, -sent))}`);
    this.context.onFlowEnd();
  }

  private madeLeg({ fd }: Conn): MadeLeg | undefined {
    const { remoteLeg, wantsSynAck } = this.dial as DialStep;
    if (!remoteLeg) return undefined;
    return { isMultipath: isMptcp(fd), ...(wantsSynAck && { synAckOptions: synAckOptions(fd) }) };
  }

  private refuseDial(reason: FailureReason, why: string, icmpCode?: number): void {
    const dial = this.dial as DialStep;
    this.context.fail(reason, `${dial.who}, ${this.context.nameTarget(dial.target)}: ${why}`);
    const reply = (this.answers as Answers).refuse(reason, icmpCode);
    if (reply) this.refuse(reply);
    else this.end();
  }

  private refuse(reply: Buffer): void {
    const { onProved } = this;
    // Who has no proof counts for its address until the connection is gone.
    this.onProved = () => undefined;
    this.finish();
    Refusal.send(this.context, this.client, reply, onProved);
  }

  private onDeadline(): void {
    if (this.target) this.fail('client-gone', 'the handshake of its connection did not end');
    else if (this.state === 'dialling' && this.dialling?.isStarved)
      this.refuseDial('resource', 'no fd for its socket');
    else if (this.state === 'dialling') this.refuseDial('timeout', 'no answer from the target');
    else if (this.leaveWarm) this.end();
    else if (this.received.length === 0) this.endSilent();
    else
      this.fail('timeout', `no complete request within ${this.begin.rules.settings.handshakeTimeoutMs} ms`);
  }

  /** It never said anything: a lost hedge of a busy router, or a scanner. Nothing has failed for anybody. */
  private endSilent(): void {
    this.context.counters.add('silentClients', 1);
    this.end();
  }

  private fail(reason: FailureReason, detail: string): void {
    this.context.fail(reason, detail);
    this.end();
  }

  private end(): void {
    if (this.state === 'done') return;
    this.finish();
    this.client.reset();
    this.context.onFlowEnd();
  }

  private finish(): void {
    this.onProved();
    this.rest();
    this.state = 'done';
    this.context.openings.delete(this);
    if (this.dial?.resumable) this.context.resumables.delete(this.dial.resumable.flowId);
    this.context.loop.timers.clear(this.deadline);
    this.dialling?.close();
    this.target?.reset();
    this.target = undefined;
    this.context.spares.give(this.spareFd);
    this.spareFd = NO_SPARE_FD;
  }
}

/** The plain bytes behind a sealed request; undefined when they are forged. */
function opened({ codec, first }: NonNullable<DialStep['sealed']>, rest: Buffer): Buffer | undefined {
  const pieces = codec.open(rest);
  return pieces && Buffer.concat([first, ...pieces]);
}
