// A flow between two real loopback connections, for tests that drive the loop turn by turn.
import { createHash } from 'node:crypto';
import { EAGAIN } from '../../linux/errno.ts';
import { close, errno, rawRecv, rawSend } from '../../linux/libc.ts';
import { isMptcpSocket } from '../../linux/sockets.ts';
import { connectedPair } from '../../linux/loopback.fixture.ts';
import { Conn } from '../loop/conn.ts';
import { Counters, createCounterMemory } from '../counters.ts';
import { Flow, type FlowStart } from './flow.ts';
import { Loop } from '../loop/loop.ts';
import { PipePool } from './pipe-pool.ts';
import { SentCopy } from './sent-copy.ts';
import { Roster } from '../roster.ts';
import { contextOf } from '../worker-context.fixture.ts';
import type { WorkerContext } from '../worker-context.ts';

/** A flow between two connections; `device` and `origin` are the outer ends. */
export class Rig {
  readonly loop = new Loop();
  readonly memory = createCounterMemory(1);
  readonly pipes: PipePool;
  readonly flows = new Roster<Flow>();
  readonly context: WorkerContext;
  readonly flow: Flow;
  readonly device: number;
  readonly origin: number;
  /** The flow's own end towards the origin. */
  readonly far: number;
  readErrno = 0;
  private readonly scratch = Buffer.alloc(256 * 1024);

  /** @param keeps of what the flow keeps a copy */
  constructor(
    pipeBytes = 1024 * 1024,
    nearPair = connectedPair(),
    farPair = connectedPair(),
    keeps?: 'toNear' | 'toFar',
    own: Omit<FlowStart, 'near' | 'far' | 'copies'> = {},
  ) {
    this.pipes = new PipePool(pipeBytes);
    const [device, near] = nearPair;
    const [far, origin] = farPair;
    this.device = device;
    this.origin = origin;
    this.far = far;
    this.context = contextOf(this.loop, {
      pipes: this.pipes,
      counters: new Counters(this.memory, 0),
      flows: this.flows,
    });
    const conn = (fd: number): Conn => Conn.watch(this.loop, fd, isMptcpSocket(fd)) as Conn;
    const copies = keeps && {
      [keeps]: new SentCopy(this.context.copies, this.loop.nowMs),
      onGone: () => undefined,
    };
    this.flow = Flow.start(this.context, { ...own, near: conn(near), far: conn(far), copies });
  }

  turn(): void {
    this.loop.round(1);
  }

  /** Everything there is to read at `fd` now; `undefined` at the end. */
  read(fd: number, limit = this.scratch.length): Buffer | undefined {
    const got = rawRecv(fd, this.scratch, limit, 0);
    if (got === 0) return undefined;
    if (got > 0) return Buffer.from(this.scratch.subarray(0, got));
    this.readErrno = errno();
    if (this.readErrno === EAGAIN) return Buffer.alloc(0);
    throw new Error(`recv: errno ${this.readErrno}`);
  }

  /** Sends all of `data` from one end and reads it at the other, in pieces of the given sizes. */
  carry(from: number, to: number, data: Buffer, writeSizes: number[], readSizes: number[]): string {
    const hash = createHash('sha256');
    let sent = 0;
    let received = 0;
    for (let i = 0; received < data.length; i++) {
      if (i > 1_000_000) throw new Error(`stuck at ${received} of ${data.length}`);
      const writeSize = writeSizes[i % writeSizes.length] as number;
      if (sent < data.length) {
        const piece = data.subarray(sent, sent + writeSize);
        sent += Math.max(0, rawSend(from, piece, piece.length, 0));
      }
      this.loop.round(0);
      const got = this.read(to, readSizes[i % readSizes.length]);
      if (!got) throw new Error('ended early');
      received += got.length;
      hash.update(got);
    }
    return hash.digest('hex');
  }

  until(condition: () => boolean): void {
    for (let i = 0; i < 5000; i++) {
      if (condition()) return;
      this.turn();
    }
    throw new Error('never');
  }

  close(): void {
    for (const flow of this.flows) flow.abort();
    close(this.device);
    close(this.origin);
    this.pipes.shrink();
    this.loop.close();
  }
}
