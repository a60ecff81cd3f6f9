// One direction of a flow: bytes from a source socket to a sink socket, through a buffer, or in bulk by splice from TCP.
import { SPLICE_F_MOVE, SPLICE_F_NONBLOCK } from '../../linux/constants.ts';
import { EAGAIN, EINTR } from '../../linux/errno.ts';
import { errno, rawRecv, rawSplice } from '../../linux/libc.ts';
import type { Pipe } from '../../linux/pipe.ts';
import { unackedBytes } from '../../linux/sockets.ts';
import type { Coder } from './coder.ts';
import type { Conn } from '../loop/conn.ts';
import { Outlet } from './outlet.ts';
import type { PipePool } from './pipe-pool.ts';
import { ReceiveRoom } from './receive-room.ts';
import type { SentCopy } from './sent-copy.ts';

const SHARE_BYTES = 64 * 1024;
// What comes over MPTCP goes through the buffer in bulk too: its splice copies into pages that it takes and gives back for
// each call (copy_splice_read), while a buffer of this size stays in the processor's cache. Paired runs over two WANs without
// a limit: 0.22 s/GB of the kernel's instead of 0.28 in the router, the same throughput; with 512 KiB it is no better.
export const BUFFER_BYTES = 256 * 1024;
// With what ciphers add: 34 bytes to every 16 KiB or more, a header once.
export const SEALED_BYTES = SHARE_BYTES + 4096;
// A direction that has moved this much is a transfer, also when it trickles in below the buffer's size.
const BULK_AFTER_BYTES = 256 * 1024;
// What one direction may move before other flows get their turn.
const ROUND_BYTES = 4 * 1024 * 1024;
const FLAGS = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;

/** What the worker lends to every half-pipe. */
export interface HalfPipeContext {
  /** BUFFER_BYTES long, shared by all flows of the worker: holds nothing between two calls. */
  readonly buffer: Buffer;
  readonly pipes: PipePool;
  readonly loop: { readonly nowMs: number };
  /** What a socket may hold at most. */
  readonly bufferMaxBytes: number;
}

export type PumpResult = 'waiting' | 'more' | 'ended' | 'source-failed' | 'sink-failed';

export class HalfPipe {
  /** Bytes of the flow that the sink has taken (when they are sealed: that were sealed for it), and by splice. */
  movedBytes = 0;
  splicedBytes = 0;
  /** The source ended, and all that it sent has been taken by the sink, which tellEnd tells. */
  ended = false;
  /** What the sink got, while it may have to be sent again: until then nothing is spliced. */
  copy: SentCopy | undefined;
  /** Whether an end before the first byte of the source is none that the sink should be told of, but a failure of the source. */
  emptyEndFails: (() => boolean) | undefined;
  private readonly coder: Coder | undefined;
  private readonly givenBytes: number;
  readonly sink: Outlet;
  private source: Conn;
  private readonly context: HalfPipeContext;
  /** Read but not yet taken by the sink (buffer mode). */
  private pending: Buffer | undefined;
  private pipe: Pipe | undefined;
  private inPipe = 0;
  private spliceBytes = SHARE_BYTES;
  private sourceEnded = false;
  private room: ReceiveRoom | undefined;
  /** What a new source still sends of what came from the one before. */
  private skipBytes = 0;

  /** @param first is sent on as it is, before anything goes through `coder` */
  constructor(source: Conn, sink: Conn, context: HalfPipeContext, first?: Buffer, coder?: Coder) {
    this.source = source;
    this.sink = new Outlet(sink);
    this.context = context;
    this.coder = coder;
    this.pending = first && first.length > 0 ? first : undefined;
    this.givenBytes = this.takenBytes;
  }

  /** Moves what can be moved now, up to a fair share. */
  pump(): PumpResult {
    if (this.ended) return 'waiting';
    const limit = this.movedBytes + ROUND_BYTES;
    for (;;) {
      const flushed = this.flush();
      if (flushed !== 'flushed') return flushed;
      if (this.sourceEnded) return this.end();
      if (this.source.isDry) {
        if (this.endSource() === 'source-failed') return 'source-failed';
        continue;
      }
      if (!this.source.readable) return 'waiting';
      if (this.movedBytes >= limit) return 'more';
      const filled = this.fill();
      if (filled !== 'filled') return filled;
    }
  }

  /** Bytes of the source's stream that have come. */
  get takenBytes(): number {
    return this.movedBytes + (this.pending?.length ?? 0) + this.inPipe;
  }

  /** No byte has come, besides those that were given at the start. */
  get isUnheard(): boolean {
    return this.takenBytes === this.givenBytes;
  }

  /** False while bytes wait in a pipe, behind which no others can be put. */
  get mayChangeSource(): boolean {
    return this.inPipe === 0;
  }

  /** Goes on with a source whose stream, `first` at its head, begins with `hadBytes` that have come already. */
  changeSource(source: Conn, first: Buffer, hadBytes: number): void {
    // Splice cannot leave out what came already.
    this.rest();
    this.source = source;
    this.room = undefined;
    this.sourceEnded = false;
    this.ended = false;
    this.skipBytes = Math.max(0, hadBytes - first.length);
    this.append(first.subarray(hadBytes));
  }

  /** Goes on to a sink that has the stream up to `place`. False, with nothing changed, when the rest is not there. */
  changeSink(sink: Conn, place: number): boolean {
    const again = this.copy?.rewind(place);
    if (!again) return false;
    this.sink.change(sink);
    this.movedBytes -= again.length;
    const rest = this.pending;
    this.pending = undefined;
    this.append(again);
    if (rest) this.append(rest);
    this.ended = false;
    return true;
  }

  /** Called about once a second. */
  ageCopy(nowMs: number): void {
    const { copy } = this;
    if (!copy) return;
    if (unackedBytes(this.sink.conn.fd) === 0) copy.forget();
    copy.age(nowMs);
    if (!copy.isKept) this.copy = undefined;
  }

  /** Called about once a second. @returns whether it has to be pumped, to read what came while room was made */
  tendReceiveRoom(nowMs: number): boolean {
    if (this.ended || !this.room?.follow(this.source, this.takenBytes, nowMs)) return false;
    this.source.readable = true;
    return true;
  }

  private append(bytes: Buffer): void {
    if (bytes.length > 0) this.pending = this.pending ? Buffer.concat([this.pending, bytes]) : bytes;
  }

  /** Gives an empty pipe back to the pool: the transfer pauses or is over. */
  rest(): void {
    if (!this.pipe || this.inPipe > 0) return;
    this.context.pipes.give(this.pipe, true);
    this.pipe = undefined;
  }

  /** Gives everything back; the half-pipe is not used again. */
  dispose(): void {
    this.copy?.drop();
    this.giveBack();
  }

  private giveBack(): void {
    if (this.pipe) this.context.pipes.give(this.pipe, this.inPipe === 0);
    this.pipe = undefined;
    this.pending = undefined;
  }

  private flush(): 'flushed' | PumpResult {
    const { sink } = this;
    sink.isLast = this.isAtEnd;
    const replied = sink.flushReply(this.pending !== undefined);
    if (replied <= 0) return this.stuck(replied);
    while (this.pending) {
      const sent = sink.send(this.pending, this.pending.length);
      if (sent <= 0) return this.stuck(sent);
      this.taken(this.pending, sent);
      this.pending = sent === this.pending.length ? undefined : this.pending.subarray(sent);
    }
    while (this.inPipe > 0) {
      if (!sink.conn.writable) return 'waiting';
      const pipe = this.pipe as Pipe;
      sink.conn.aboutToSend();
      const sent = rawSplice(pipe.readFd, null, sink.conn.fd, null, this.inPipe, FLAGS);
      if (sent < 0) return this.stuck(sink.refused());
      this.inPipe -= sent;
      this.movedBytes += sent;
      this.splicedBytes += sent;
    }
    return 'flushed';
  }

  /** The end comes next; in the midst of a sealed record it is a failure, before which the bytes have to be out. */
  private get isAtEnd(): boolean {
    return (this.sourceEnded || this.source.isDry) && !this.coder?.isInside;
  }

  private taken(bytes: Buffer, sent: number): void {
    if (this.coder?.kind !== 'seal') this.movedBytes += sent;
    if (!this.copy || sent === 0) return;
    this.copy.push(bytes.subarray(0, sent));
    if (!this.copy.isKept) this.copy = undefined;
  }

  /** @param sent nothing, or negative when the sink failed */
  private stuck(sent: number): PumpResult {
    if (sent < 0) return 'sink-failed';
    return this.sink.conn.writable ? 'more' : 'waiting';
  }

  private fill(): 'filled' | PumpResult {
    if (!this.room && this.movedBytes >= BULK_AFTER_BYTES) {
      const { bufferMaxBytes, loop } = this.context;
      this.room = new ReceiveRoom(this.source, bufferMaxBytes, this.takenBytes, loop.nowMs);
    }
    if (this.source.urgent) this.rest();
    else if (!this.pipe && this.movedBytes >= BULK_AFTER_BYTES && this.maySplice) this.startSplicing();
    return this.pipe ? this.fillPipe(this.pipe) : this.fillBuffer();
  }

  private get maySplice(): boolean {
    const { mptcp, urgent } = this.source;
    return !mptcp && !this.coder && !this.copy && this.skipBytes === 0 && !urgent;
  }

  private startSplicing(): void {
    this.pipe = this.context.pipes.take(this.context.loop.nowMs);
    this.spliceBytes = SHARE_BYTES;
  }

  private fillBuffer(): 'filled' | PumpResult {
    const { sink } = this;
    const replyBytes = sink.reply?.length ?? 0;
    const buffer = replyBytes === 0 ? this.context.buffer : this.context.buffer.subarray(replyBytes);
    const isTransfer = this.movedBytes >= SHARE_BYTES;
    const wanted = isTransfer && !this.coder && this.source.mptcp ? buffer.length : SHARE_BYTES;
    const read = rawRecv(this.source.fd, buffer, wanted, 0);
    if (read < 0) return this.sourceRefused();
    if (read === 0) return this.endSource();
    if (read < wanted) this.source.emptied();
    sink.isLast = this.isAtEnd;
    if (this.coder) return this.fillCoded(this.coder, buffer.subarray(0, read));
    const had = Math.min(this.skipBytes, read);
    this.skipBytes -= had;
    const fresh = had === 0 ? buffer : buffer.subarray(had);
    const freshBytes = read - had;
    if (freshBytes === 0) return 'filled';
    const sent =
      replyBytes === 0 ? sink.send(fresh, freshBytes) : sink.sendBehindReply(this.context.buffer, freshBytes);
    if (sent < 0) return 'sink-failed';
    if (sent > 0) this.taken(fresh, sent);
    if (sent < freshBytes) this.pending = Buffer.from(fresh.subarray(sent, freshBytes));
    if (read === wanted && this.maySplice) this.startSplicing();
    return 'filled';
  }

  private fillCoded(coder: Coder, bytes: Buffer): 'filled' | PumpResult {
    const pieces = coder.code(bytes);
    if (!pieces) return 'source-failed';
    this.sink.isLast = this.isAtEnd;
    if (coder.kind === 'seal') this.movedBytes += bytes.length;
    const left: Buffer[] = [];
    for (const piece of pieces) {
      const sent = left.length > 0 ? 0 : this.sink.send(piece, piece.length);
      if (sent < 0) return 'sink-failed';
      if (sent > 0) this.taken(piece, sent);
      if (sent < piece.length) left.push(piece.subarray(sent));
    }
    // A copy in any case: the pieces are the coder's.
    if (left.length > 0) this.pending = Buffer.concat(left);
    return 'filled';
  }

  private fillPipe(pipe: Pipe): 'filled' | PumpResult {
    const wanted = Math.min(this.spliceBytes, pipe.bytes);
    const read = rawSplice(this.source.fd, null, pipe.writeFd, null, wanted, FLAGS);
    if (read < 0) return this.sourceRefused();
    if (read === 0) this.sourceEnded = true;
    this.inPipe += read;
    // A short answer says nothing: the pipe may have no slot left.
    if (read === wanted) this.spliceBytes = Math.min(this.spliceBytes * 2, pipe.bytes);
    return 'filled';
  }

  /** It has said all. */
  private endSource(): 'filled' | 'source-failed' {
    if (this.coder?.isInside || (this.isUnheard && this.emptyEndFails?.())) return 'source-failed';
    this.sourceEnded = true;
    this.sink.letReplyGo();
    return 'filled';
  }

  private sourceRefused(): PumpResult {
    const error = errno();
    if (error === EINTR) return 'more';
    if (error === EAGAIN) {
      this.source.readable = false;
      return 'waiting';
    }
    return 'source-failed';
  }

  private end(): PumpResult {
    this.ended = true;
    this.giveBack();
    return 'ended';
  }

  /** Once it has ended; to be left out where the sink is closed at once, which says the same. */
  tellEnd(): void {
    if (this.ended) this.sink.tellEnd();
  }
}
