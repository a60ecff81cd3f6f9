// A connection that is refused with an answer: the answer has to arrive before the close, and nobody keeps us reading.
import { SHUT_WR } from '../linux/constants.ts';
import { rawShutdown } from '../linux/libc.ts';
import type { Conn, ConnOwner } from './loop/conn.ts';
import { receive, send } from './loop/io.ts';
import { UNLISTED } from './roster.ts';
import { Timer } from './loop/timers.ts';
import type { Opening, WorkerContext } from './worker-context.ts';

// A close with unread bytes would reset and overtake the answer: the client's end is waited for.
const LINGER_MS = 2000;
// What a router may send before it has our answer is far less.
const DISCARD_LIMIT_BYTES = 4 * 1024 * 1024;

export class Refusal implements ConnOwner, Opening {
  rosterPlace = UNLISTED;
  private readonly context: WorkerContext;
  private readonly client: Conn;
  private readonly onDone: () => void;
  private unsent: Buffer;
  private discardedBytes = 0;
  private readonly deadline = new Timer(() => this.abort());

  /** Sends `answer`, ends our direction, and waits for the client to do the same; then `onDone`. */
  static send(
    context: WorkerContext,
    client: Conn,
    answer: Buffer,
    onDone: () => void = () => undefined,
  ): void {
    const refusal = new Refusal(context, client, answer, onDone);
    context.openings.add(refusal);
    context.loop.timers.arm(refusal.deadline, LINGER_MS, context.loop.nowMs);
    client.owner = refusal;
    refusal.onReady();
  }

  private constructor(context: WorkerContext, client: Conn, answer: Buffer, onDone: () => void) {
    this.context = context;
    this.client = client;
    this.unsent = answer;
    this.onDone = onDone;
  }

  onReady(): void {
    if (this.unsent.length > 0) {
      const sent = send(this.client, this.unsent);
      if (sent < 0) return this.abort();
      this.unsent = this.unsent.subarray(sent);
      if (this.unsent.length > 0) return;
      rawShutdown(this.client.fd, SHUT_WR);
    }
    while (this.client.readable) {
      const read = receive(this.client, this.context.buffer, this.context.buffer.length);
      if (read === undefined) return;
      if (read === 0) return this.close();
      this.discardedBytes += read;
      if (read < 0 || this.discardedBytes > DISCARD_LIMIT_BYTES) return this.abort();
    }
  }

  abort(): void {
    this.client.reset();
    this.finish();
  }

  /** The client has ended too: what it has not read yet still goes out. */
  private close(): void {
    this.client.close();
    this.finish();
  }

  private finish(): void {
    this.context.openings.delete(this);
    this.context.loop.timers.clear(this.deadline);
    this.onDone();
    this.context.onFlowEnd();
  }
}
