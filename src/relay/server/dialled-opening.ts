// A flow on the server whose request is proved: the target is dialled, and the client gets its answer.
import { errnoName } from '../../linux/errno.ts';
import { isMptcp } from '../../linux/sockets.ts';
import { synAckOptions } from '../../linux/tcp-options.ts';
import type { FailureReason } from '../../transport/failure.ts';
import type { Answers, DialStep, MadeLeg } from '../../transport/handshake.ts';
import type { StreamCodec } from '../../transport/stream-codec.ts';
import { type Conn, type ConnOwner, NOBODY } from '../loop/conn.ts';
import { endClient } from './end-client.ts';
import { Flow } from '../flow/flow.ts';
import { send } from '../loop/io.ts';
import { Refusal } from '../refusal.ts';
import { ResumableFlow } from './resumable-flow.ts';
import type { Arrival, Resumable } from './resumables.ts';
import type { DialledOpeningStart } from './server-opening-start.ts';
import { type DialHandlers, TargetDial } from './target-dial.ts';
import { UNLISTED } from '../roster.ts';
import { Timer } from '../loop/timers.ts';
import type { Opening, WorkerContext } from '../worker-context.ts';

export class DialledOpening implements ConnOwner, Opening, Resumable, DialHandlers {
  rosterPlace = UNLISTED;
  private readonly context: WorkerContext;
  private readonly begin: DialledOpeningStart;
  private client: Conn;
  private readonly step: DialStep;
  /** For the target, from behind the request. */
  private first: Buffer;
  /** To whoever of the flow's connections asked last. */
  private answers: Answers;
  /** Which of them that is. */
  private attempt: number;
  private readonly dial: TargetDial;
  /** Connected before the handshake of the client's own connection has ended. */
  private target: Conn | undefined;
  private isDone = false;
  private readonly deadline = new Timer(() => this.onDeadline());

  /** @param client the opening's from here on @param first what came behind the request, in the clear */
  static start(
    context: WorkerContext,
    begin: DialledOpeningStart,
    client: Conn,
    step: DialStep,
    first: Buffer,
  ): void {
    const opening = new DialledOpening(context, begin, client, step, first);
    const { resumable } = step;
    // A stranger counts for its address until the target has answered (RFC 8803, 9.3).
    if (!step.isStranger) begin.onProved();
    context.openings.add(opening);
    if (resumable) context.resumables.set(resumable.flowId, opening, resumable.attempt);
    context.loop.timers.arm(opening.deadline, begin.rules.settings.connectTimeoutMs, context.loop.nowMs);
    opening.dial.begin(begin.spareFd);
  }

  private constructor(
    context: WorkerContext,
    begin: DialledOpeningStart,
    client: Conn,
    step: DialStep,
    first: Buffer,
  ) {
    this.context = context;
    this.begin = begin;
    this.client = client;
    this.step = step;
    this.first = first;
    this.answers = step;
    this.attempt = step.resumable?.attempt ?? 0;
    this.dial = new TargetDial(context, begin.rules.egress, step, this);
    client.owner = this;
  }

  abort(): void {
    this.end();
  }

  onReady(): void {
    if (this.isDone) return;
    if (this.client.broken) this.fail('client-gone', 'reset by the router');
    else if (this.target) this.onConnect(this.target);
  }

  /** Nothing has been answered yet: the connection takes the place of the one before. */
  resume(conn: Conn, { point, first }: Arrival, answers: Answers): boolean {
    if (point.isAnswered) return false;
    this.client.reset();
    this.client = conn;
    conn.owner = this;
    // The router says everything again.
    this.first = Buffer.from(first);
    this.answers = answers;
    this.attempt = point.attempt;
    if (this.target) this.onConnect(this.target);
    return true;
  }

  onConnect(target: Conn): void {
    this.target = target;
    target.owner = NOBODY;
    if (this.client.isHalfOpen) return;
    this.target = undefined;
    const reply = this.answers.accept(this.begin.rules.egress.families, this.madeLeg(target));
    this.leave();
    this.begin.onProved();
    if (this.step.isStranger) this.context.counters.add('foreignFlows', 1);
    this.startFlow(target, reply);
  }

  onRefused(reason: FailureReason, why: string, icmpCode?: number): void {
    const { who, target } = this.step;
    this.context.fail(reason, `${who}, ${this.context.nameTarget(target)}: ${why}`);
    const reply = this.answers.refuse(reason, icmpCode);
    if (!reply) return this.end();
    this.finish();
    Refusal.send(this.context, this.client, reply, this.begin.onProved);
  }

  private madeLeg({ fd }: Conn): MadeLeg | undefined {
    const { remoteLeg, wantsSynAck } = this.step;
    if (!remoteLeg) return undefined;
    return { isMultipath: isMptcp(fd), ...(wantsSynAck && { synAckOptions: synAckOptions(fd) }) };
  }

  private startFlow(target: Conn, reply: Buffer): void {
    const { context, client, first, attempt } = this;
    const { resumable, sealed } = this.step;
    if (resumable) {
      const { flowId } = resumable;
      const { families } = this.begin.rules.egress;
      // In the place of the opening.
      ResumableFlow.start(context, client, target, { flowId, attempt, families, first, reply });
    } else if (sealed) {
      this.startSealed(target, reply, sealed.codec);
    } else {
      Flow.start(context, {
        near: client,
        far: target,
        firstToFar: first,
        ...(reply.length > 0 && { reply }),
      });
    }
  }

  private startSealed(target: Conn, reply: Buffer, codec: StreamCodec): void {
    const { context, client, first } = this;
    const sent = reply.length === 0 ? 0 : send(client, reply);
    if (sent === reply.length) {
      Flow.start(context, { near: client, far: target, firstToFar: first, sealed: { side: 'near', codec } });
      return;
    }
    // The first bytes of a connection always find room.
    client.reset();
    target.reset();
    context.fail('client-gone', `sending the reply failed: ${errnoName(Math.max(0, -sent))}`);
    context.onFlowEnd();
  }

  private onDeadline(): void {
    if (this.target) this.fail('client-gone', 'the handshake of its connection did not end');
    else if (this.dial.isStarved) this.onRefused('resource', 'no fd for its socket');
    else this.onRefused('timeout', 'no answer from the target');
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
    const { resumable } = this.step;
    this.leave();
    if (resumable) this.context.resumables.delete(resumable.flowId);
    this.dial.close();
    this.target?.reset();
    this.target = undefined;
  }

  private leave(): void {
    this.isDone = true;
    this.context.openings.delete(this);
    this.context.loop.timers.clear(this.deadline);
  }
}
