// The device's first bytes, read before its flow is established, and kept to be sent again where that is safe.
import type { Conn } from '../loop/conn.ts';
import { receive } from '../loop/io.ts';

// What goes beyond waits in the kernel until the flow stands.
const LIMIT_BYTES = 64 * 1024;

export class EarlyBytes {
  /** All of them so far. */
  all: Buffer;
  private readonly client: Conn;
  private readonly buffer: Buffer;

  /** @param buffer holds nothing between two calls @param first what was read of them already */
  constructor(client: Conn, buffer: Buffer, first: Buffer) {
    this.all = first;
    this.client = client;
    this.buffer = buffer;
  }

  /** Reads what the device has sent: what is new of it, or the errno of its connection, negative. */
  take(): Buffer | number {
    const before = this.all.length;
    const room = LIMIT_BYTES - before;
    if (!this.client.readable || room === 0) return this.all.subarray(before);
    const read = receive(this.client, this.buffer, room);
    if (read !== undefined && read < 0) return read;
    if (read) this.all = joined(this.all, this.buffer.subarray(0, read));
    return this.all.subarray(before);
  }
}

/** A copy in any case. */
const joined = (before: Buffer, fresh: Buffer): Buffer =>
  before.length === 0 ? Buffer.from(fresh) : Buffer.concat([before, fresh]);
