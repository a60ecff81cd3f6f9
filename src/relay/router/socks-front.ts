// A device of the LAN that names its target itself, by SOCKS 5: the request is read, then the flow is opened as any other.
import type { Address, SocketAddress } from '../../base/address.ts';
import type { FailureReason } from '../../transport/failure.ts';
import type { DialStep, ServerHandshake, ServerStep } from '../../transport/handshake.ts';
import { Conn, type ConnOwner } from '../loop/conn.ts';
import { receive, send } from '../loop/io.ts';
import { Refusal } from '../refusal.ts';
import type { RouterFront } from './router-opening-plan.ts';
import { UNLISTED } from '../roster.ts';
import { Timer } from '../loop/timers.ts';
import type { Opening, WorkerContext } from '../worker-context.ts';

// Greeting, login and request of SOCKS 5 are at most 1,100 bytes; a client that goes on before it has an answer waits.
const REQUEST_LIMIT_BYTES = 16 * 1024;
const NOTHING: Buffer = Buffer.alloc(0);

export interface SocksFrontParts {
  readonly handshake: ServerHandshake;
  readonly timeoutMs: number;
  /** Opens the flow; false when that is refused, because the target is this host or no file descriptor is left. */
  open(client: Conn, target: SocketAddress, first: Buffer, front: RouterFront): boolean;
}

export class SocksFront implements ConnOwner, Opening, RouterFront {
  rosterPlace = UNLISTED;
  private readonly context: WorkerContext;
  private readonly parts: SocksFrontParts;
  private readonly client: Conn;
  private received: Buffer = NOTHING;
  private request: DialStep | undefined;
  /** The one that is tried, and those to try after it. */
  private addresses: readonly Address[] = [];
  /** What the device has sent behind its request. */
  private first: Buffer = NOTHING;
  private isDone = false;
  private readonly deadline = new Timer(() =>
    this.fail('timeout', 'no complete request, or no answer of the resolver'),
  );

  /** False when the kernel has no memory left to watch it: the caller keeps the fd. */
  static start(context: WorkerContext, parts: SocksFrontParts, fd: number): boolean {
    const client = Conn.watch(context.loop, fd, false);
    if (!client) return false;
    const front = new SocksFront(context, parts, client);
    context.openings.add(front);
    context.loop.timers.arm(front.deadline, parts.timeoutMs, context.loop.nowMs);
    return true;
  }

  private constructor(context: WorkerContext, parts: SocksFrontParts, client: Conn) {
    this.context = context;
    this.parts = parts;
    this.client = client;
    client.owner = this;
  }

  abort(): void {
    if (this.isDone) return;
    this.finish();
    this.client.reset();
    this.context.onFlowEnd();
  }

  onReady(): void {
    if (this.request) {
      if (this.client.broken) this.abort();
      return;
    }
    while (!this.isDone && !this.request && this.client.readable) {
      const read = receive(this.client, this.context.buffer, REQUEST_LIMIT_BYTES - this.received.length);
      if (read === undefined) return;
      if (read <= 0) return this.abort();
      this.received = Buffer.concat([this.received, this.context.buffer.subarray(0, read)]);
      this.onStep(this.parts.handshake.receive(this.received));
    }
  }

  accepted(): Buffer {
    return (this.request as DialStep).accept(undefined);
  }

  /** Over to the next address of the name, or the device is told. */
  refused(reason: FailureReason, first: Buffer | undefined): void {
    this.first = first ?? NOTHING;
    this.addresses = first ? this.addresses.slice(1) : [];
    if (this.addresses.length > 0) this.open();
    else this.refuse(reason);
  }

  private onStep(step: ServerStep): void {
    if (step.kind === 'send') {
      // The first bytes of a connection always find room.
      if (send(this.client, step.bytes) !== step.bytes.length) this.abort();
      else this.onStep(this.parts.handshake.receive(this.received));
    } else if (step.kind === 'dial') {
      this.request = step;
      this.first = this.received.subarray(step.consumed);
      this.locate(step);
    } else if (step.kind === 'reply') {
      if (step.reason) this.context.fail(step.reason, `a device of the LAN: ${step.detail}`);
      this.answer(step.bytes);
    } else if (step.kind === 'reset') {
      this.fail(step.reason, step.detail);
    } else if (this.received.length >= REQUEST_LIMIT_BYTES)
      this.fail('malformed', 'the request does not end');
  }

  private locate({ target }: DialStep): void {
    if ('address' in target) {
      this.addresses = [target.address];
      this.open();
      return;
    }
    this.context.resolve(target.name, (addresses) => {
      if (this.isDone) return;
      this.addresses = addresses;
      if (addresses.length > 0) return this.open();
      this.context.fail('unreachable', `${this.context.nameTarget(target)}: its name has no address`);
      this.refuse('unreachable');
    });
  }

  private open(): void {
    const { target } = this.request as DialStep;
    const to = { address: this.addresses[0] as Address, port: target.port };
    this.leave();
    const { first } = this;
    if (this.parts.open(this.client, to, first, this)) return;
    this.client.owner = this;
    this.refused('resource', first);
  }

  private refuse(reason: FailureReason): void {
    const answer = (this.request as DialStep).refuse(reason);
    if (answer) this.answer(answer);
    else this.abort();
  }

  private answer(bytes: Buffer): void {
    this.finish();
    Refusal.send(this.context, this.client, bytes);
  }

  private fail(reason: FailureReason, detail: string): void {
    if (this.received.length > 0) this.context.fail(reason, `a device of the LAN: ${detail}`);
    this.abort();
  }

  /** The opening has the connection from here on. */
  private leave(): void {
    this.context.openings.delete(this);
    this.context.loop.timers.clear(this.deadline);
  }

  private finish(): void {
    this.isDone = true;
    this.leave();
  }
}
