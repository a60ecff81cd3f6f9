// What went through each interface, from /proc/net/dev of the own network namespace.
import { closeSync, openSync, readSync } from 'node:fs';

// "thread-self": a worker thread may only look into its own entry of a namespace that others have left.
const FILE = '/proc/thread-self/net/dev';
const MAX_BYTES = 256 * 1024;

/** Since the interface was made. */
export interface InterfaceCount {
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly txBytes: number;
}

/** Opened once: a process that has run out of file descriptors still has to see its WANs. */
export class InterfaceCounters {
  private readonly fd = openSync(FILE, 'r');
  private readonly buffer = Buffer.alloc(MAX_BYTES);

  /** By interface. */
  read(): Map<string, InterfaceCount> {
    const counts = new Map<string, InterfaceCount>();
    let length = 0;
    // The kernel gives about a page a call.
    for (let read = -1; read !== 0; length += read) {
      read = readSync(this.fd, this.buffer, length, MAX_BYTES - length, length);
    }
    for (const line of this.buffer.toString('utf8', 0, length).split('\n').slice(2)) {
      const colon = line.lastIndexOf(':');
      if (colon < 0) continue;
      // Eight of receiving (bytes packets errs drop ...), then those of sending.
      const fields = line
        .slice(colon + 1)
        .trim()
        .split(/\s+/)
        .map(Number);
      const [rxBytes = 0, rxPackets = 0] = fields;
      counts.set(line.slice(0, colon).trim(), { rxBytes, rxPackets, txBytes: fields[8] ?? 0 });
    }
    return counts;
  }

  close(): void {
    closeSync(this.fd);
  }
}
