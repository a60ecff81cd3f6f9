// What a transfer's MPTCP side has under way, fitted to its paths: its room, widened where it is stuck, and its congestion control.
import { isIdle, sendPaths, setSendBuffer } from '../../linux/send-paths.ts';
import type { Conn } from '../loop/conn.ts';
import { Nudge, type Nudged } from './nudge.ts';
import { LOOK_INTERVAL_MS, SendRoom } from './send-room.ts';
import { type CongestionContext, TransferCongestion } from './transfer-congestion.ts';
import type { Timers } from '../loop/timers.ts';

export interface RoomContext extends CongestionContext {
  readonly loop: { readonly nowMs: number; readonly timers: Timers };
  /** What a socket may hold at most. */
  readonly bufferMaxBytes: number;
}

export interface RoomOwner {
  /** Of both directions. */
  readonly movedBytes: number;
  /** The side that is sent to over MPTCP and has no room now. */
  readonly fullSink: Conn | undefined;
  /** Tries the full side again. */
  onReady(): void;
}

export class TransferRoom implements Nudged {
  private readonly context: RoomContext;
  private readonly owner: RoomOwner;
  private readonly nudge: Nudge;
  private room = new SendRoom();
  private congestion: TransferCongestion;
  private maySetRoom = true;
  private dueMs: number;

  constructor(context: RoomContext, owner: RoomOwner) {
    this.context = context;
    this.owner = owner;
    this.nudge = new Nudge(context.loop, this);
    this.congestion = new TransferCongestion(context);
    this.dueMs = context.loop.nowMs;
  }

  /** To be called while `sink` is full: only what waits for room is a transfer that may have too much of it. */
  tend(sink: Conn): void {
    if (this.context.loop.nowMs >= this.dueMs) this.fit(sink);
    if (this.room.bytes !== undefined) this.nudge.watch();
  }

  /** The flow goes on over another connection. */
  forget(): void {
    this.stop();
    this.room = new SendRoom();
    this.congestion = new TransferCongestion(this.context);
    this.maySetRoom = true;
    this.dueMs = this.context.loop.nowMs;
  }

  stop(): void {
    this.nudge.stop();
  }

  private fit(sink: Conn): void {
    const { bufferMaxBytes, loop } = this.context;
    const paths = sendPaths(sink.fd);
    if (this.maySetRoom) {
      const bytes = this.room.look(paths, bufferMaxBytes, loop.nowMs);
      this.maySetRoom = bytes === undefined || setSendBuffer(sink.fd, bytes);
    }
    const mayTry = this.congestion.look(sink.fd, paths);
    this.dueMs = this.maySetRoom || mayTry ? loop.nowMs + LOOK_INTERVAL_MS : Number.POSITIVE_INFINITY;
  }

  get isWaiting(): boolean {
    return this.owner.fullSink !== undefined;
  }

  get sentBytes(): number {
    return this.owner.movedBytes;
  }

  isIdle(): boolean {
    const sink = this.owner.fullSink;
    return sink !== undefined && isIdle(sendPaths(sink.fd));
  }

  allow(extraBytes: number): void {
    const sink = this.owner.fullSink;
    const { bytes } = this.room;
    if (!sink || bytes === undefined) return;
    if (!setSendBuffer(sink.fd, bytes + extraBytes) || extraBytes === 0) return;
    sink.writable = true;
    this.owner.onReady();
  }
}
