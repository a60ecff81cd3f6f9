// A flow on the server before it is established: the request is read and proved, then the target is dialled.
import { errnoName } from '../linux/errno.ts';
import { close } from '../linux/libc.ts';
import { isMptcpSocket, setCongestion } from '../linux/sockets.ts';
import { synAckOptions } from '../linux/tcp-options.ts';
import type { FailureReason } from '../transport/failure.ts';
import type {
  Answers,
  DialStep,
  PathHints,
  ResumeStep,
  ServerHandshake,
  ServerStep,
} from '../transport/handshake.ts';
import { type CongestionChoice, congestionFor } from './congestion-choice.ts';
import { Conn, type ConnOwner } from './conn.ts';
import type { EgressPolicy } from './egress.ts';
import { Flow } from './flow.ts';
import { receive, send } from './io.ts';
import { Refusal } from './refusal.ts';
import { ResumableFlow } from './resumable-flow.ts';
import type { Arrival, Resumable } from './resumables.ts';
import { TargetDial } from './target-dial.ts';
import { Timer } from './timers.ts';
import type { Opening, WorkerContext } from './worker-context.ts';

export interface ServerOpeningSettings {
  readonly handshakeTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly congestion: CongestionChoice;
}

// A request is at most 1020 bytes (RFC 8803); first bytes of the device come behind it. More waits in the kernel.
const REQUEST_LIMIT_BYTES = 64 * 1024;
const NOTHING: Buffer = Buffer.alloc(0);

export interface ServerOpeningFds {
  readonly clientFd: number;
  /** Keeps a number free for the target's socket; closed by the opening, once it has started. */
  readonly spareFd: number;
}

export class ServerOpening implements ConnOwner, Opening, Resumable {
  private readonly context: WorkerContext;
  private readonly settings: ServerOpeningSettings;
  private readonly egress: EgressPolicy;
  private client: Conn;
  private readonly handshake: ServerHandshake;
  private onProved: () => void;
  private state: 'reading' | 'dialling' | 'done' = 'reading';
  private received: Buffer = NOTHING;
  private dial: DialStep | undefined;
  /** To whoever of the flow's connections asked last. */
  private answers: Answers | undefined;
  /** Which of them that is. */
  private attempt = 0;
  private dialling: TargetDial | undefined;
  private spareFd: number;
  private readonly deadline = new Timer(() => this.onDeadline());

  /**
   * Reads the request from the client. `onProved` is called once, when the client has authenticated or is gone. False
   * when the kernel has no memory left to watch it: nothing was started and the caller keeps both fds.
   */
  static start(
    context: WorkerContext,
    settings: ServerOpeningSettings,
    egress: EgressPolicy,
    handshake: ServerHandshake,
    fds: ServerOpeningFds,
    onProved: () => void,
  ): boolean {
    const client = Conn.watch(context.loop, fds.clientFd, isMptcpSocket(fds.clientFd));
    if (!client) return false;
    const opening = new ServerOpening(context, settings, egress, handshake, client, fds.spareFd, onProved);
    context.openings.add(opening);
    context.loop.timers.arm(opening.deadline, settings.handshakeTimeoutMs, context.loop.nowMs);
    return true;
  }

  private constructor(
    context: WorkerContext,
    settings: ServerOpeningSettings,
    egress: EgressPolicy,
    handshake: ServerHandshake,
    client: Conn,
    spareFd: number,
    onProved: () => void,
  ) {
    this.context = context;
    this.settings = settings;
    this.egress = egress;
    this.handshake = handshake;
    this.onProved = () => {
      this.onProved = () => undefined;
      onProved();
    };
    this.client = client;
    client.owner = this;
    this.spareFd = spareFd;
  }

  abort(): void {
    this.end();
  }

  onReady(conn: Conn): void {
    if (conn !== this.client) return;
    if (this.state === 'reading') this.read();
    else if (this.state === 'dialling' && conn.broken) this.fail('client-gone', 'reset by the router');
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
      this.received = Buffer.concat([this.received, this.context.buffer.subarray(0, read)]);
      this.onStep(this.handshake.receive(this.received));
    }
  }

  private onStep(step: ServerStep): void {
    if (step.kind === 'more') {
      if (this.received.length >= REQUEST_LIMIT_BYTES) this.fail('malformed', 'the request does not end');
    } else if (step.kind === 'dial') {
      // Without a key it counts for its address until the target has answered (RFC 8803, 9.3).
      if (step.keyId !== undefined) this.onProved();
      this.startDial(step);
    } else if (step.kind === 'resume') {
      this.handOver(step);
    } else if (step.kind === 'reply') {
      if (step.reason) this.context.fail(step.reason, step.detail);
      this.refuse(step.bytes);
    } else {
      this.fail(step.reason, step.detail);
    }
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
    this.attempt = step.attempt;
    if (step.flowId !== undefined) this.context.resumables.set(step.flowId, this, step.attempt);
    this.received = this.received.subarray(step.consumed);
    this.state = 'dialling';
    this.useCongestion(step.hints);
    this.context.loop.timers.arm(this.deadline, this.settings.connectTimeoutMs, this.context.loop.nowMs);
    this.dialling = new TargetDial(this.context.loop, this.egress, step, this.spareFd, {
      onConnect: (target) => this.establish(target),
      onRefused: (reason, why, code) => this.refuseDial(reason, why, code),
    });
    this.spareFd = -1;
    this.dialling.begin();
  }

  private useCongestion(hints: PathHints): void {
    const congestion = congestionFor(this.settings.congestion, hints);
    // The listener's is the usual one already.
    if (hints.isLossy && congestion !== undefined) setCongestion(this.client.fd, congestion);
  }

  private establish(target: Conn): void {
    const { context, attempt, client, received: first } = this;
    const { flowId, keyId, syn } = this.dial as DialStep;
    const { families } = this.egress;
    const reply = (this.answers as Answers).accept(families, syn && synAckOptions(target.fd));
    this.finish();
    const sent = send(client, reply);
    if (sent === reply.length) {
      if (keyId === undefined) context.counters.add('foreignFlows', 1);
      if (flowId === undefined) Flow.start(context, [client, target], first, NOTHING);
      else ResumableFlow.start(context, client, target, { flowId, attempt, families, first });
      return;
    }
    // The first bytes of a connection always find room.
    client.reset();
    target.reset();
    this.context.fail('client-gone', `sending the reply failed: ${errnoName(Math.max(0, -sent))}`);
    this.context.onFlowEnd();
  }

  private refuseDial(reason: FailureReason, why: string, icmpCode?: number): void {
    const { keyId, target } = this.dial as DialStep;
    const who = keyId === undefined ? 'a client without key' : `key ${keyId}`;
    this.context.fail(reason, `${who}, ${this.context.nameTarget(target)}: ${why}`);
    this.refuse((this.answers as Answers).refuse(reason, undefined, icmpCode));
  }

  private refuse(reply: Buffer): void {
    const { onProved } = this;
    // Who has no proof counts for its address until the connection is gone.
    this.onProved = () => undefined;
    this.finish();
    Refusal.send(this.context, this.client, reply, onProved);
  }

  private onDeadline(): void {
    if (this.state === 'dialling' && !this.dialling?.hasSocket)
      this.refuseDial('resource', 'no fd for its socket');
    else if (this.state === 'dialling') this.refuseDial('timeout', 'no answer from the target');
    else if (this.received.length === 0) this.endSilent();
    else this.fail('timeout', `no complete request within ${this.settings.handshakeTimeoutMs} ms`);
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
    this.state = 'done';
    this.context.openings.delete(this);
    if (this.dial?.flowId !== undefined) this.context.resumables.delete(this.dial.flowId);
    this.context.loop.timers.clear(this.deadline);
    this.dialling?.close();
    if (this.spareFd >= 0) close(this.spareFd);
    this.spareFd = -1;
  }
}
