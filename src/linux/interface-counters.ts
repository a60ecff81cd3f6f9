// Packets that each interface has received, from /proc/net/dev of the own network namespace.
import { closeSync, openSync, readSync } from 'node:fs';

// "thread-self": a worker thread may only look into its own entry of a namespace that others have left.
const FILE = '/proc/thread-self/net/dev';
const MAX_BYTES = 256 * 1024;

/** Opened once: a process that has run out of file descriptors still has to see its WANs. */
export class InterfaceCounters {
  private readonly fd = openSync(FILE, 'r');
  private readonly buffer = Buffer.alloc(MAX_BYTES);

  /** Packets received since boot, by interface. */
  rxPackets(): Map<string, number> {
    const counts = new Map<string, number>();
    let length = 0;
    // The kernel gives about a page a call.
    for (let read = -1; read !== 0; length += read) {
      read = readSync(this.fd, this.buffer, length, MAX_BYTES - length, length);
    }
    for (const line of this.buffer.toString('utf8', 0, length).split('\n').slice(2)) {
      // face: bytes packets errs drop ...
      const match = /^\s*(\S+):\s*\d+\s+(\d+)/.exec(line);
      if (match) counts.set(match[1] as string, Number(match[2]));
    }
    return counts;
  }

  close(): void {
    closeSync(this.fd);
  }
}
