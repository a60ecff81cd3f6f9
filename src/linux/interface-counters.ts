// Packets that each interface has received, from /proc/net/dev of the own network namespace.
import { readFileSync } from 'node:fs';

// "thread-self": a worker thread may only look into its own entry of a namespace that others have left.
const FILE = '/proc/thread-self/net/dev';

/** Packets received since boot, by interface. */
export function readRxPackets(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of readFileSync(FILE, 'utf8').split('\n').slice(2)) {
    // face: bytes packets errs drop ...
    const match = /^\s*(\S+):\s*\d+\s+(\d+)/.exec(line);
    if (match) counts.set(match[1] as string, Number(match[2]));
  }
  return counts;
}
