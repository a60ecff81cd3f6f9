// An established flow: two half-pipes, and the rules by which it ends.
import { sendPaths, setSendBuffer } from '../linux/send-paths.ts';
import { unackedBytes } from '../linux/sockets.ts';
import type { Conn, ConnOwner } from './conn.ts';
import { HalfPipe, type PumpResult } from './half-pipe.ts';
import type { Task } from './loop.ts';
import { LOOK_INTERVAL_MS, SendRoom } from './send-room.ts';
import type { WorkerContext } from './worker-context.ts';

// The kernel resets a closed MPTCP connection that is not done after 60 s, whatever net.mptcp.close_timeout says (tried: the
// rest was lost), so it stays open until so little is left that any path carries it in that time.
const CLOSE_BELOW_BYTES = 64 * 1024;

export class Flow implements ConnOwner, Task {
  lastActiveMs: number;
  private readonly near: Conn;
  private readonly far: Conn;
  private readonly toFar: HalfPipe;
  private readonly toNear: HalfPipe;
  private readonly context: WorkerContext;
  private isQueued = false;
  private isClosed = false;
  private readonly room = new SendRoom();
  private roomDueMs: number;
  /** What finishWhenSent saw the last time. */
  private unackedBytes = 0;

  /**
   * Carries on with two connected sockets until both directions have ended. `firstToFar` and `firstToNear` are bytes
   * already read that the other side has yet to get.
   */
  static start(context: WorkerContext, near: Conn, far: Conn, firstToFar: Buffer, firstToNear: Buffer): void {
    const flow = new Flow(context, near, far, firstToFar, firstToNear);
    context.flows.add(flow);
    context.counters.add('flowsEstablished', 1);
    near.owner = flow;
    far.owner = flow;
    flow.run();
  }

  private constructor(
    context: WorkerContext,
    near: Conn,
    far: Conn,
    firstToFar: Buffer,
    firstToNear: Buffer,
  ) {
    this.context = context;
    this.near = near;
    this.far = far;
    this.toFar = new HalfPipe(near, far, context, firstToFar);
    this.toNear = new HalfPipe(far, near, context, firstToNear);
    this.lastActiveMs = context.loop.nowMs;
    this.roomDueMs = this.lastActiveMs;
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
    if (this.toFar.ended && this.toNear.ended) return this.finishWhenSent();
    if (nowMs - this.lastActiveMs < restAfterMs) return;
    this.toFar.rest();
    this.toNear.rest();
  }

  /** Ends both sides with a reset; safe to call twice. */
  abort(): void {
    this.finish(true);
  }

  private run(): void {
    const before = this.toFar.movedBytes + this.toNear.movedBytes;
    const spliced = this.toFar.splicedBytes + this.toNear.splicedBytes;
    const farBefore = this.toFar.movedBytes;
    const up = this.toFar.pump();
    const down = this.toNear.pump();
    const counters = this.context.counters;
    const moved = this.toFar.movedBytes + this.toNear.movedBytes - before;
    if (moved > 0) {
      this.lastActiveMs = this.context.loop.nowMs;
      const upBytes = this.toFar.movedBytes - farBefore;
      counters.add('bytesToFar', upBytes);
      counters.add('bytesToNear', moved - upBytes);
      counters.add('bytesSpliced', this.toFar.splicedBytes + this.toNear.splicedBytes - spliced);
    }
    if (isFailed(up) || isFailed(down)) return this.finish(true);
    if (this.context.loop.nowMs >= this.roomDueMs) this.fitRoom();
    // A side that broke after its end, or while its sink is full, is not read: its reset shows only here.
    if ((this.near.broken && up !== 'more') || (this.far.broken && down !== 'more')) return this.finish(true);
    if (this.toFar.ended && this.toNear.ended) return this.finishWhenSent();
    if (up === 'more' || down === 'more') {
      this.isQueued = true;
      this.context.loop.soon(this);
    }
  }

  /** Only what waits for room is a transfer that may have too much of it. */
  private fitRoom(): void {
    const sink = [this.near, this.far].find(({ mptcp, writable }) => mptcp && !writable);
    if (!sink) return;
    const bytes = this.room.look(sendPaths(sink.fd));
    const isAllowed = bytes === undefined || setSendBuffer(sink.fd, bytes);
    this.roomDueMs = isAllowed ? this.context.loop.nowMs + LOOK_INTERVAL_MS : Number.POSITIVE_INFINITY;
  }

  /** Both ends are told; the last bytes of a slow path may still be on their way. */
  private finishWhenSent(): void {
    const unacked = [this.near, this.far].reduce(
      (sum, { fd, mptcp }) => (mptcp ? sum + unackedBytes(fd) : sum),
      0,
    );
    if (unacked <= CLOSE_BELOW_BYTES) return this.finish(false);
    if (unacked !== this.unackedBytes) this.lastActiveMs = this.context.loop.nowMs;
    this.unackedBytes = unacked;
  }

  private finish(withReset: boolean): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.toFar.dispose();
    this.toNear.dispose();
    for (const conn of [this.near, this.far]) {
      if (withReset) conn.reset();
      else conn.close();
    }
    this.context.flows.delete(this);
    if (withReset) this.context.counters.add('flowsReset', 1);
    this.context.onFlowEnd();
  }
}

function isFailed(result: PumpResult): boolean {
  return result === 'source-failed' || result === 'sink-failed';
}
