// The connection to the far end while its flow is being opened: the hello, what of it is not out yet, and the reply.
import { errnoName } from '../../linux/errno.ts';
import type { ClientHandshake } from '../../transport/handshake.ts';
import type { Conn } from '../loop/conn.ts';
import { send } from '../loop/io.ts';
import { type Reply, ReplyReader } from './reply-reader.ts';
import type { Path } from '../path.ts';
import type { Candidate } from './router-policy.ts';

/** What the link does by itself left out. */
export type FinalReply = Exclude<Reply, { kind: 'send' }>;

interface Begun<C> {
  readonly conn: Conn;
  readonly candidate: C;
}

const NOTHING: Buffer = Buffer.alloc(0);

/** @typeParam C the path that the connection began on */
export class HelloLink<C extends Path = Candidate> {
  readonly conn: Conn;
  readonly candidate: C;
  /** What of hello and first bytes the connection has not taken yet. */
  unsent: Buffer = NOTHING;
  private readonly buffer: Buffer;
  /** Undefined until the hello is said. */
  private reader: ReplyReader | undefined;

  /** @param buffer holds nothing between two calls */
  constructor({ conn, candidate }: Begun<C>, buffer: Buffer) {
    this.conn = conn;
    this.candidate = candidate;
    this.buffer = buffer;
  }

  get hasSaid(): boolean {
    return this.reader !== undefined;
  }

  /** Once. Like `add` and `flush`: 0, or the errno of the connection, negative. */
  say(handshake: ClientHandshake, early: Buffer): number {
    this.reader = new ReplyReader(handshake, this.conn, this.buffer);
    return this.add(handshake.hello(early, this.candidate.from));
  }

  add(bytes: Buffer): number {
    this.unsent = this.unsent.length === 0 ? bytes : Buffer.concat([this.unsent, bytes]);
    return this.flush();
  }

  flush(): number {
    if (this.unsent.length === 0 || !this.conn.writable) return 0;
    const sent = send(this.conn, this.unsent);
    if (sent < 0) return sent;
    this.unsent = sent === this.unsent.length ? NOTHING : this.unsent.subarray(sent);
    return 0;
  }

  /** Undefined while not all of it is here. */
  reply(): FinalReply | undefined {
    for (;;) {
      const reply = this.reader?.read();
      if (reply?.kind !== 'send') return reply;
      const sent = this.add(reply.bytes);
      if (sent < 0) return { kind: 'failed', reason: 'server-lost', detail: errnoName(-sent) };
    }
  }
}
