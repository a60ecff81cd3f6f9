// An established flow: two half-pipes, and the rules by which it ends.
import { keepAlive, unackedBytes } from '../../linux/sockets.ts';
import type { StreamCodec } from '../../transport/stream-codec.ts';
import { opener, sealer } from './coder.ts';
import type { Conn, ConnOwner } from '../loop/conn.ts';
import { HalfPipe, type PumpResult } from './half-pipe.ts';
import type { Task } from '../loop/loop.ts';
import { ReplyHold } from './reply-hold.ts';
import { KEPT_BYTES, type SentCopy } from './sent-copy.ts';
import { type RoomOwner, TransferRoom } from './transfer-room.ts';
import { type Listed, UNLISTED } from '../roster.ts';
import { CLOSE_BELOW_BYTES, unackedOf } from './unacked.ts';
import type { WorkerContext } from '../worker-context.ts';

// The first keepalive goes out after much longer (linux/sockets).
const KEEPALIVE_AFTER_MS = 5000;

/** What makes a flow one that can go on over another connection, on its accepted (server) or its opened side (router). */
export interface FlowCopies {
  /** Of what is sent to the far side, and has been sent already. */
  readonly toFar?: SentCopy;
  readonly toNear?: SentCopy;
  /** The flow has ended, or the copy is given up. */
  readonly onGone: () => void;
}

/** What a flow carries on with. */
export interface FlowStart {
  /** Both are connected, and the flow's from here on. */
  readonly near: Conn;
  readonly far: Conn;
  /** Bytes already read that the other side has yet to get, as they are. */
  readonly firstToFar?: Buffer;
  readonly firstToNear?: Buffer;
  /** So many at the head of `firstToNear` are ours to the near side, and none of the far side's stream. */
  readonly ownToNearBytes?: number;
  /** The answer to the near side's request, no part of the stream; not where bytes are sealed for it. */
  readonly reply?: Buffer;
  readonly copies?: FlowCopies | undefined;
  /** Of the side whose bytes are sealed. */
  readonly sealed?: { readonly side: 'near' | 'far'; readonly codec: StreamCodec } | undefined;
  /** For a far side that can refuse only by ending the flow before its first byte: it has, and the near side is reset. */
  readonly onRefused?: (() => void) | undefined;
  /** What the far side got before the flow began. */
  readonly sentToFarBytes?: number;
}

export class Flow implements ConnOwner, Task, RoomOwner, Listed {
  rosterPlace = UNLISTED;
  lastActiveMs: number;
  private near: Conn;
  private far: Conn;
  private readonly toFar: HalfPipe;
  private readonly toNear: HalfPipe;
  private readonly context: WorkerContext;
  private onGone: (() => void) | undefined;
  private readonly onRefused: (() => void) | undefined;
  private readonly sentToFarBytes: number;
  private readonly ownToNearBytes: number;
  private isQueued = false;
  private isClosed = false;
  /** Made when the flow first waits for room: most flows never do. */
  private room: TransferRoom | undefined;
  /** Nothing is moved: one side is about to go on over another connection. */
  private isHeld = false;
  private startedMs: number;
  /** The far side is the one that was opened here; accepted ones have it from their listener. */
  private isKeptAlive = false;
  /** What finishWhenSent saw the last time. */
  private unackedBytes = 0;

  /** Carries on until both directions have ended. */
  static start(context: WorkerContext, start: FlowStart): Flow {
    const flow = new Flow(context, start);
    context.flows.add(flow);
    context.counters.add('flowsEstablished', 1);
    start.near.owner = flow;
    start.far.owner = flow;
    flow.toNear.sink.reply = start.reply?.length ? start.reply : undefined;
    flow.run();
    if (!flow.toNear.sink.reply) return flow;
    // Nothing to wait for where the target has not been asked anything yet.
    if (start.firstToFar?.length) ReplyHold.begin(context.loop, () => flow.letReplyGo());
    else flow.letReplyGo();
    return flow;
  }

  private constructor(context: WorkerContext, start: FlowStart) {
    const { near, far, copies, sealed, onRefused } = start;
    this.context = context;
    this.near = near;
    this.far = far;
    const coders = sealed && [sealer(sealed.codec, context.sealed), opener(sealed.codec)];
    const [toFar, toNear] = sealed?.side === 'near' ? [coders?.[1], coders?.[0]] : [coders?.[0], coders?.[1]];
    this.toFar = new HalfPipe(near, far, context, start.firstToFar, toFar);
    this.toNear = new HalfPipe(far, near, context, start.firstToNear, toNear);
    this.toFar.copy = copies?.toFar;
    this.toNear.copy = copies?.toNear;
    this.onGone = copies?.onGone;
    this.onRefused = onRefused;
    this.sentToFarBytes = start.sentToFarBytes ?? 0;
    this.ownToNearBytes = start.ownToNearBytes ?? 0;
    // Who has ended its own direction may get an empty answer in order.
    if (onRefused) this.toNear.emptyEndFails = () => !this.toFar.ended;
    this.lastActiveMs = context.loop.nowMs;
    this.startedMs = this.lastActiveMs;
  }

  onReady(): void {
    if (!this.isQueued) this.run();
  }

  onTurn(): void {
    this.isQueued = false;
    if (!this.isClosed) this.run();
  }

  /** One side has ended and the other may still send. */
  get isHalfOpen(): boolean {
    return this.toFar.ended || this.toNear.ended;
  }

  /** Called about once a second: gives back what an inactive flow does not need, and looks whether the last bytes are out. */
  sweep(nowMs: number, restAfterMs: number): void {
    if (!this.isHeld) this.ageCopies(nowMs);
    if (this.toFar.ended && this.toNear.ended) return this.finishWhenSent();
    if (!this.isKeptAlive) this.keepFarAlive(nowMs);
    this.tendReceiveRoom(nowMs);
    if (nowMs - this.lastActiveMs < restAfterMs) return;
    this.toFar.rest();
    this.toNear.rest();
  }

  /** Ends both sides with a reset; safe to call twice. */
  abort(): void {
    this.finish(true);
  }

  /** The far side's stream so far, and the copy of ours; undefined when the flow cannot go on over another connection. */
  get farPoint(): { readonly copy: SentCopy; readonly received: number; readonly fd: number } | undefined {
    const { copy } = this.toFar;
    const received = this.toNear.takenBytes - this.ownToNearBytes;
    // The far end keeps no more than that either.
    if (received > KEPT_BYTES || this.isClosed || !copy?.isKept || !this.toNear.mayChangeSource)
      return undefined;
    return { copy, received, fd: this.far.fd };
  }

  /** Takes what the far side has sent, then moves nothing until `letGo` or `changeFar`. */
  hold(): void {
    this.far.readable = true;
    this.run();
    this.isHeld = true;
  }

  letGo(): void {
    this.isHeld = false;
    if (!this.isClosed && !this.isQueued) this.run();
  }

  /**
   * Goes on with `far`, which has our stream up to `place` and whose stream, `first` at its head, goes on where the one
   * before was at `farPoint`. The caller lets go.
   */
  changeFar(far: Conn, place: number, first: Buffer): boolean {
    if (this.isClosed || !this.toNear.mayChangeSource || !this.toFar.changeSink(far, place)) return false;
    this.toNear.changeSource(far, first, 0);
    this.far.reset();
    this.far = far;
    far.owner = this;
    this.startedMs = this.context.loop.nowMs;
    this.isKeptAlive = false;
    this.room?.forget();
    return true;
  }

  /**
   * Goes on with `near`, which has our stream up to `place` and whose stream, `first` at its head, begins at `from` again.
   * False, with nothing changed, when the flow is past that. Else it is held, until the caller has sent what comes first.
   */
  changeNear(near: Conn, place: number, from: number, first: Buffer): boolean {
    if (this.isClosed) return false;
    this.near.readable = true;
    this.toFar.pump();
    const hadBytes = this.toFar.takenBytes - from;
    if (hadBytes < 0 || !this.toFar.mayChangeSource || !this.toNear.changeSink(near, place)) return false;
    this.toFar.changeSource(near, first, hadBytes);
    this.near.reset();
    this.near = near;
    near.owner = this;
    this.room?.forget();
    this.isHeld = true;
    return true;
  }

  get movedBytes(): number {
    return this.toFar.movedBytes + this.toNear.movedBytes;
  }

  get fullSink(): Conn | undefined {
    if (this.isClosed) return undefined;
    if (!this.near.writable && this.near.mptcp) return this.near;
    return !this.far.writable && this.far.mptcp ? this.far : undefined;
  }

  private letReplyGo(): void {
    const { sink } = this.toNear;
    sink.letReplyGo();
    if (sink.reply && !this.isClosed) this.run();
  }

  private run(): void {
    if (this.isHeld) return;
    const before = this.movedBytes;
    const spliced = this.toFar.splicedBytes + this.toNear.splicedBytes;
    const farBefore = this.toFar.movedBytes;
    const up = this.toFar.pump();
    const down = this.toNear.pump();
    const counters = this.context.counters;
    const moved = this.movedBytes - before;
    if (moved > 0) {
      this.lastActiveMs = this.context.loop.nowMs;
      const upBytes = this.toFar.movedBytes - farBefore;
      counters.add('bytesToFar', upBytes);
      counters.add('bytesToNear', moved - upBytes);
      counters.add('bytesSpliced', this.toFar.splicedBytes + this.toNear.splicedBytes - spliced);
    }
    if (isFailed(up) || isFailed(down))
      return this.fail(up === 'source-failed' || down === 'sink-failed' ? 'near' : 'far');
    this.tendRoom();
    // A side that broke after its end, or while its sink is full, is not read: its reset shows only here.
    if (this.near.broken && up !== 'more') return this.fail('near');
    if (this.far.broken && down !== 'more') return this.fail('far');
    if (this.toFar.ended && this.toNear.ended) return this.finishWhenSent();
    this.tellEnds();
    if (up === 'more' || down === 'more') this.queue();
  }

  private queue(): void {
    if (this.isQueued) return;
    this.isQueued = true;
    this.context.loop.soon(this);
  }

  /** Most flows end sooner, and four system calls are a tenth of what one costs. */
  private keepFarAlive(nowMs: number): void {
    if (nowMs - this.startedMs < KEEPALIVE_AFTER_MS) return;
    this.isKeptAlive = true;
    keepAlive(this.far.fd);
  }

  private tendReceiveRoom(nowMs: number): void {
    const up = this.toFar.tendReceiveRoom(nowMs);
    const down = this.toNear.tendReceiveRoom(nowMs);
    if (up || down) this.queue();
  }

  private tendRoom(): void {
    const sink = this.fullSink;
    if (!sink) return;
    this.room ??= new TransferRoom(this.context, this);
    this.room.tend(sink);
  }

  /** Both ends are told; the last bytes of a slow path may still be on their way. */
  private finishWhenSent(): void {
    // Closing tells both ends, too.
    const unacked = this.mustWait() ? Number.POSITIVE_INFINITY : this.unacked();
    if (unacked <= CLOSE_BELOW_BYTES) return this.finish(false);
    this.tellEnds();
    if (unacked !== this.unackedBytes) this.lastActiveMs = this.context.loop.nowMs;
    this.unackedBytes = unacked;
  }

  private unacked(): number {
    return (
      unackedOf(this.near, this.toNear.movedBytes) +
      unackedOf(this.far, this.sentToFarBytes + this.toFar.movedBytes)
    );
  }

  private tellEnds(): void {
    this.toFar.tellEnd();
    this.toNear.tellEnd();
  }

  /** Not while the flow is held: the other end has been told where it stands. */
  private ageCopies(nowMs: number): void {
    this.toFar.ageCopy(nowMs);
    this.toNear.ageCopy(nowMs);
    if (!this.toFar.copy && !this.toNear.copy) this.tellGone();
  }

  private tellGone(): void {
    this.onGone?.();
    this.onGone = undefined;
  }

  /** What a young connection has not acknowledged may have to be sent over another one. */
  private mustWait(): boolean {
    if (this.toNear.copy === undefined) return false;
    // The end as well.
    this.toNear.tellEnd();
    return unackedBytes(this.near.fd) > 0;
  }

  /** @param side that broke; its sink may have noticed first */
  private fail(side: 'near' | 'far'): void {
    if (side === 'far' && this.toNear.isUnheard) this.onRefused?.();
    if (side === 'far') this.toNear.sink.sayReply();
    // Of an end that came before the break, the other side hears before its reset.
    this.tellEnds();
    this.finish(true);
  }

  private finish(withReset: boolean): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.room?.stop();
    this.toFar.dispose();
    this.toNear.dispose();
    for (const conn of [this.near, this.far]) {
      if (withReset) conn.reset();
      else conn.close();
    }
    this.context.flows.delete(this);
    this.tellGone();
    if (withReset) this.context.counters.add('flowsReset', 1);
    this.context.onFlowEnd();
  }
}

function isFailed(result: PumpResult): boolean {
  return result === 'source-failed' || result === 'sink-failed';
}
