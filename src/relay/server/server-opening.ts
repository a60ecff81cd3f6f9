// A connection of the server until its request is read and proved, or while it is kept for a flow to come.
import type { FailureReason } from '../../transport/failure.ts';
import type { DialStep, ResumeStep, ServerStep } from '../../transport/handshake.ts';
import { adjustCongestion } from '../congestion-choice.ts';
import { Conn, type ConnOwner } from '../loop/conn.ts';
import { DialledOpening } from './dialled-opening.ts';
import { endClient } from './end-client.ts';
import { receive, send } from '../loop/io.ts';
import { Refusal } from '../refusal.ts';
import type { ServerOpeningStart } from './server-opening-start.ts';
import { UNLISTED } from '../roster.ts';
import { Timer } from '../loop/timers.ts';
import type { Opening, WorkerContext } from '../worker-context.ts';

// How long a connection is kept for a flow to come; the router gives it up after a minute.
const WARM_MS = 120_000;
// A request of RFC 8803 is at most 1020 bytes, one of Shadowsocks 2022 seals up to 64 KiB of first bytes with it, behind some
// 200 bytes of its own; what comes behind that may be taken with it. More waits in the kernel.
const REQUEST_LIMIT_BYTES = 72 * 1024;
const NOTHING: Buffer = Buffer.alloc(0);

export class ServerOpening implements ConnOwner, Opening {
  rosterPlace = UNLISTED;
  private readonly context: WorkerContext;
  private readonly begin: ServerOpeningStart;
  private readonly client: Conn;
  /** While the connection is kept for a flow to come. */
  private leaveWarm: (() => void) | undefined;
  private received: Buffer = NOTHING;
  private isDone = false;
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
    this.client = client;
    client.owner = this;
  }

  abort(): void {
    this.end();
  }

  onReady(): void {
    while (!this.isDone && this.client.readable) {
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
      this.dial(step);
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
    this.begin.onProved();
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
    adjustCongestion(fd, this.begin.rules.settings.congestion, hints);
    this.client.release();
    this.finish();
    this.begin.onProved();
    // A copy of its own memory: a view would drag the whole buffer along.
    const first = Uint8Array.from(this.received.subarray(consumed));
    this.context.handOver(worker, { fd, flowId, point, request, first });
    this.context.onFlowEnd();
  }

  private dial(step: DialStep): void {
    const rest = this.received.subarray(step.consumed);
    const first = step.sealed ? opened(step.sealed, rest) : rest;
    if (!first) return this.fail('not-authorized', 'what follows the request is forged');
    adjustCongestion(this.client.fd, this.begin.rules.settings.congestion, step.hints);
    this.leave();
    DialledOpening.start(this.context, this.begin, this.client, step, first);
  }

  private refuse(reply: Buffer): void {
    this.finish();
    // Who has no proof counts for its address until the connection is gone.
    Refusal.send(this.context, this.client, reply, this.begin.onProved);
  }

  private onDeadline(): void {
    if (this.leaveWarm) this.end();
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
    if (this.isDone) return;
    this.finish();
    endClient(this.context, this.client, this.begin);
  }

  private finish(): void {
    this.leave();
    this.rest();
    this.context.spares.give(this.begin.spareFd);
  }

  /** What it has is another's from here on. */
  private leave(): void {
    this.isDone = true;
    this.context.openings.delete(this);
    this.context.loop.timers.clear(this.deadline);
  }
}

/** The plain bytes behind a sealed request; undefined when they are forged. */
function opened({ codec, first }: NonNullable<DialStep['sealed']>, rest: Buffer): Buffer | undefined {
  const pieces = codec.open(rest);
  return pieces && Buffer.concat([first, ...pieces]);
}
