// What a transfer's MPTCP side has under way, fitted to its paths: its room, widened where it is stuck, and its congestion control.
import { congestionOf, setCongestion } from '../../linux/congestion.ts';
import { isIdle, type SendPath, sendPaths, setSendBuffer } from '../../linux/send-paths.ts';
import type { Counters } from '../counters.ts';
import type { Conn } from '../loop/conn.ts';
import { CongestionTrial } from './congestion-trial.ts';
import type { FullTransfers } from './full-transfers.ts';
import { Nudge, type Nudged } from './nudge.ts';
import { LOOK_INTERVAL_MS, SendRoom } from './send-room.ts';
import type { Timers } from '../loop/timers.ts';

// More fill a path that loses packets together, and behind a short queue each of so many has to lose some.
const FEW_TRANSFERS = 4;

export interface RoomContext {
  readonly loop: { readonly nowMs: number; readonly timers: Timers };
  /** What a socket may hold at most. */
  readonly bufferMaxBytes: number;
  /** What bears paths that lose packets; undefined where there is none, or no other than flows have anyway. */
  readonly congestionForLoss: string | undefined;
  readonly fullTransfers: FullTransfers;
  readonly counters: Pick<Counters, 'add'>;
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
  private trial = new CongestionTrial();
  private triedFd: number | undefined;
  private congestionBefore = '';
  private lookedMs: number | undefined;
  private maySetRoom = true;
  private dueMs: number;

  constructor(context: RoomContext, owner: RoomOwner) {
    this.context = context;
    this.owner = owner;
    this.nudge = new Nudge(context.loop, this);
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
    this.trial = new CongestionTrial();
    this.triedFd = undefined;
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
    const mayTry = this.tryCongestion(sink, paths);
    this.dueMs = this.maySetRoom || mayTry ? loop.nowMs + LOOK_INTERVAL_MS : Number.POSITIVE_INFINITY;
  }

  /** False when there is nothing left to try. */
  private tryCongestion({ fd }: Conn, paths: readonly SendPath[]): boolean {
    const { congestionForLoss, counters, fullTransfers, loop } = this.context;
    const full = fullTransfers.note(this.lookedMs, loop.nowMs);
    this.lookedMs = loop.nowMs;
    if (congestionForLoss === undefined || this.trial.isOver) return false;
    // Where both sides are MPTCP only one is tried.
    this.triedFd ??= fd;
    if (fd !== this.triedFd) return true;
    const verdict = this.trial.look(paths, loop.nowMs, full <= FEW_TRANSFERS);
    if (verdict === 'undo') setCongestion(fd, this.congestionBefore);
    if (verdict !== 'begin') return true;
    this.congestionBefore = congestionOf(fd);
    if (this.congestionBefore === congestionForLoss || this.congestionBefore === '') this.trial.isOver = true;
    else {
      setCongestion(fd, congestionForLoss);
      counters.add('congestionTrials', 1);
    }
    return true;
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
