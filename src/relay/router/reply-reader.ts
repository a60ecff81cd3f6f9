// The far end's answer to a hello, gathered from its connection until it can be judged.
import { errnoName } from '../../linux/errno.ts';
import type { FailureReason } from '../../transport/failure.ts';
import type { ClientHandshake, ClientStep, Families } from '../../transport/handshake.ts';
import type { StreamCodec } from '../../transport/stream-codec.ts';
import type { Conn } from '../loop/conn.ts';
import { receive } from '../loop/io.ts';

export interface EstablishedReply {
  readonly kind: 'established';
  /** Came behind it, opened already where `codec` seals the bytes of the flow. */
  readonly rest: Buffer;
  readonly families: Families | undefined;
  readonly codec: StreamCodec | undefined;
}

export type Reply =
  | EstablishedReply
  | { readonly kind: 'send'; readonly bytes: Buffer }
  | { readonly kind: 'retry' }
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly detail: string };

// The largest reply is 1020 bytes (RFC 8803); what stays unfinished beyond this is no reply.
const LIMIT_BYTES = 4096;

const NOTHING: Buffer = Buffer.alloc(0);

export class ReplyReader {
  private readonly handshake: ClientHandshake;
  private readonly conn: Conn;
  private readonly buffer: Buffer;
  private bytes: Buffer = NOTHING;

  /** @param buffer holds nothing between two calls */
  constructor(handshake: ClientHandshake, conn: Conn, buffer: Buffer) {
    this.handshake = handshake;
    this.conn = conn;
    this.buffer = buffer;
  }

  /** Undefined while not all of it is here. A transport without a reply is established at the first call. */
  read(): Reply | undefined {
    for (let bytes = this.bytes; ; ) {
      const step = this.handshake.receive(bytes);
      if (step.kind === 'established') return established(step, bytes);
      // Those in the shared buffer are there for this call only.
      if (bytes !== this.bytes) this.bytes = Buffer.from(bytes);
      if (step.kind === 'retry' || step.kind === 'send') return step;
      if (step.kind === 'refused') return failed(step.reason, step.detail);
      if (bytes.length > LIMIT_BYTES) return failed('malformed', 'the reply does not end');
      if (!this.conn.readable) return undefined;
      const read = receive(this.conn, this.buffer, this.buffer.length);
      if (read === undefined) return undefined;
      if (read === 0) return failed('server-lost', 'the server closed the connection before its reply');
      if (read < 0) return failed('server-lost', `${errnoName(-read)} before its reply`);
      const fresh = this.buffer.subarray(0, read);
      bytes = this.bytes.length === 0 ? fresh : Buffer.concat([this.bytes, fresh]);
    }
  }
}

function established(
  { consumed, families, codec }: Extract<ClientStep, { kind: 'established' }>,
  bytes: Buffer,
): Reply {
  const behind = bytes.subarray(consumed);
  const opened = codec ? codec.open(behind) : [behind];
  if (!opened) return failed('server-reply-unauthenticated', 'what follows the reply is forged');
  const rest = bytes.length === consumed ? NOTHING : Buffer.concat(opened);
  return { kind: 'established', rest, families, codec };
}

function failed(reason: FailureReason, detail: string): Reply {
  return { kind: 'failed', reason, detail };
}
