// One direction of a flow: bytes from a source socket to a sink socket, first through a buffer, in bulk by splice.
import { MSG_NOSIGNAL, SHUT_WR, SPLICE_F_MOVE, SPLICE_F_NONBLOCK } from '../linux/constants.ts';
import { EAGAIN, EINTR } from '../linux/errno.ts';
import { errno, rawRecv, rawSend, rawShutdown, rawSplice } from '../linux/libc.ts';
import type { Pipe } from '../linux/pipe.ts';
import type { Conn } from './conn.ts';
import type { PipePool } from './pipe-pool.ts';

export const BUFFER_BYTES = 64 * 1024;
// A direction that has moved this much is a transfer, also when it trickles in below the buffer's size.
const BULK_AFTER_BYTES = 256 * 1024;
// What one direction may move before other flows get their turn.
const ROUND_BYTES = 4 * 1024 * 1024;
// The smallest page of any Linux; larger ones are multiples of it.
const PAGE_BYTES = 4096;
const FLAGS = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;

/** What the worker lends to every half-pipe. */
export interface HalfPipeContext {
  /** BUFFER_BYTES long, shared by all flows of the worker: holds nothing between two calls. */
  readonly buffer: Buffer;
  readonly pipes: PipePool;
  readonly loop: { readonly nowMs: number };
}

export type PumpResult = 'waiting' | 'more' | 'ended' | 'source-failed' | 'sink-failed';

export class HalfPipe {
  /** Bytes the sink has taken, and how many of them by splice. */
  movedBytes = 0;
  splicedBytes = 0;
  /** The source ended and the sink was told. */
  ended = false;
  private readonly source: Conn;
  private readonly sink: Conn;
  private readonly context: HalfPipeContext;
  /** Read but not yet taken by the sink (buffer mode). */
  private pending: Buffer | undefined;
  private pipe: Pipe | undefined;
  private inPipe = 0;
  private spliceBytes = BUFFER_BYTES;
  private sourceEnded = false;

  constructor(source: Conn, sink: Conn, context: HalfPipeContext, first?: Buffer) {
    this.source = source;
    this.sink = sink;
    this.context = context;
    this.pending = first && first.length > 0 ? first : undefined;
  }

  /** Moves what can be moved now, up to a fair share. */
  pump(): PumpResult {
    if (this.ended) return 'waiting';
    const limit = this.movedBytes + ROUND_BYTES;
    for (;;) {
      const flushed = this.flush();
      if (flushed !== 'flushed') return flushed;
      if (this.sourceEnded) return this.end();
      if (!this.source.readable) return 'waiting';
      if (this.movedBytes >= limit) return 'more';
      const filled = this.fill();
      if (filled !== 'filled') return filled;
    }
  }

  /** Gives an empty pipe back to the pool: the transfer pauses or is over. */
  rest(): void {
    if (!this.pipe || this.inPipe > 0) return;
    this.context.pipes.give(this.pipe, true);
    this.pipe = undefined;
  }

  /** Gives everything back; the half-pipe is not used again. */
  dispose(): void {
    if (this.pipe) this.context.pipes.give(this.pipe, this.inPipe === 0);
    this.pipe = undefined;
    this.pending = undefined;
  }

  private flush(): 'flushed' | PumpResult {
    while (this.pending) {
      if (!this.sink.writable) return 'waiting';
      const sent = rawSend(this.sink.fd, this.pending, this.pending.length, MSG_NOSIGNAL);
      if (sent < 0) return this.sinkRefused();
      this.movedBytes += sent;
      this.pending = sent === this.pending.length ? undefined : this.pending.subarray(sent);
    }
    while (this.inPipe > 0) {
      if (!this.sink.writable) return 'waiting';
      const pipe = this.pipe as Pipe;
      const sent = rawSplice(pipe.readFd, null, this.sink.fd, null, this.inPipe, FLAGS);
      if (sent < 0) return this.sinkRefused();
      this.inPipe -= sent;
      this.movedBytes += sent;
      this.splicedBytes += sent;
    }
    return 'flushed';
  }

  private sinkRefused(): PumpResult {
    const error = errno();
    if (error === EINTR) return 'more';
    if (error === EAGAIN) {
      this.sink.writable = false;
      return 'waiting';
    }
    return 'sink-failed';
  }

  private fill(): 'filled' | PumpResult {
    if (this.source.urgent) this.rest();
    else if (!this.pipe && this.movedBytes >= BULK_AFTER_BYTES) this.startSplicing();
    return this.pipe ? this.fillPipe(this.pipe) : this.fillBuffer();
  }

  private startSplicing(): void {
    this.pipe = this.context.pipes.take(this.context.loop.nowMs);
    this.spliceBytes = BUFFER_BYTES;
  }

  private fillBuffer(): 'filled' | PumpResult {
    const buffer = this.context.buffer;
    const read = rawRecv(this.source.fd, buffer, BUFFER_BYTES, 0);
    if (read < 0) return this.sourceRefused();
    if (read === 0) {
      this.sourceEnded = true;
      return 'filled';
    }
    if (read < BUFFER_BYTES) this.source.emptied();
    const sent = this.sink.writable ? rawSend(this.sink.fd, buffer, read, MSG_NOSIGNAL) : 0;
    if (sent < 0 && this.sinkRefused() === 'sink-failed') return 'sink-failed';
    this.movedBytes += Math.max(0, sent);
    if (sent < read) this.pending = Buffer.from(buffer.subarray(Math.max(0, sent), read));
    if (read === BUFFER_BYTES && !this.source.urgent) this.startSplicing();
    return 'filled';
  }

  private fillPipe(pipe: Pipe): 'filled' | PumpResult {
    const wanted = Math.min(this.spliceBytes, pipe.bytes);
    const read = rawSplice(this.source.fd, null, pipe.writeFd, null, wanted, FLAGS);
    if (read < 0) return this.sourceRefused();
    if (read === 0) this.sourceEnded = true;
    this.inPipe += read;
    if (read === wanted) {
      this.spliceBytes = Math.min(this.spliceBytes * 2, pipe.bytes);
    } else if (this.source.mptcp) {
      // MPTCP's splice copies into pages it takes beforehand (copy_splice_read): ask for no more than comes, and
      // a short answer means empty, or fewer pages than asked for: then all of them are full. On TCP a short answer
      // may also mean that the pipe has no slot left.
      if (read > 0 && read * 4 < wanted) this.spliceBytes = Math.max(BUFFER_BYTES, this.spliceBytes / 2);
      if (read % PAGE_BYTES !== 0) this.source.emptied();
    }
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
    this.dispose();
    // A sink that is already gone says so through its own half-pipe.
    rawShutdown(this.sink.fd, SHUT_WR);
    return 'ended';
  }
}
