// How large the kernel may let a socket's buffers become: what the WANs together have under way, and what has to wait at
// the reading end while a lost segment is sent again.
//
// A connection over several paths is read in order: while the longest one brings a byte, the others bring all that comes
// after it. A maximum costs nothing while it is not needed, so it is made large rather than exact, and not lowered.
import { formatSize } from '../base/units.ts';

const MIB = 1024 * 1024;

// Up to some 100 Mbit/s it is the round trip with full queues that counts, which nobody knows beforehand (docs/performance.md).
const LEAST_BUFFER_BYTES = 16 * MIB;
// Two of 1 Gbit/s at 250 ms have 60 MB under way. It is also far below what tcp_info and TCP's window scale can tell (1 GiB).
const MOST_BUFFER_BYTES = 256 * MIB;
// About here the kernel begins to hold back all of its TCP sockets together (net.ipv4.tcp_mem, the middle value).
const SHARE_OF_MEMORY = 16;
// Twice what is under way, for the round trip in which a loss is repaired (RFC 8684, section 3.3.1), and twice that
// because the kernel counts buffers with all of their overhead: about half of it is data.
const FACTOR = 4;
// Before probes have told: a server on the same continent, behind queues of some length.
const ASSUMED_RTT_MS = 100;
// What takes longer is a queue that nobody drains, or a WAN that stands by for it.
const LONGEST_RTT_MS = 2000;

/** A WAN that carries in the bulk. */
export interface BufferedWan {
  /** As configured, or as learned; undefined while nobody knows. */
  readonly downBps: number | undefined;
  readonly upBps: number | undefined;
  /** Smoothed, queues included; undefined before it was measured. */
  readonly rttMs: number | undefined;
}

export interface BufferLimit {
  readonly bytes: number;
  /** Why so much, for a person. */
  readonly reason: string;
}

const LEAST: BufferLimit = { bytes: LEAST_BUFFER_BYTES, reason: 'the least that is asked for' };

/**
 * A power of two within the bounds, or one of them.
 *
 * @param memoryBytes of the machine
 */
export function bufferLimit(wans: readonly BufferedWan[], memoryBytes: number): BufferLimit {
  // One limit for both directions: which of them has the data is known to each transfer alone.
  const rateBps = Math.max(total(wans, 'downBps'), total(wans, 'upBps'));
  const rttsMs = wans.flatMap(({ rttMs }) => rttMs ?? []);
  const rttMs = Math.min(rttsMs.length === 0 ? ASSUMED_RTT_MS : Math.max(...rttsMs), LONGEST_RTT_MS);
  const wanted = ((rateBps / 8) * rttMs * FACTOR) / 1000;
  if (wanted <= LEAST.bytes) return LEAST;
  const bytes = 2 ** Math.ceil(Math.log2(wanted));
  const way = rttsMs.length === 0 ? 'an assumed round trip' : 'a round trip';
  const load = `${Math.round(rateBps / 1e6)}mbit of all WANs at ${way} of ${Math.round(rttMs)}ms`;
  const most = memoryLimit(memoryBytes);
  if (bytes <= most.bytes) return { bytes, reason: load };
  return { bytes: most.bytes, reason: `${most.reason}; ${load} would have ${formatSize(bytes)}` };
}

/** The most that is asked for on this machine; and all that a server can go by, which does not know the WANs. */
export function memoryLimit(memoryBytes: number): BufferLimit {
  const share = Math.floor(memoryBytes / SHARE_OF_MEMORY / MIB) * MIB;
  if (share <= LEAST.bytes) return LEAST;
  if (share < MOST_BUFFER_BYTES) return { bytes: share, reason: `a ${SHARE_OF_MEMORY}th of the memory` };
  return { bytes: MOST_BUFFER_BYTES, reason: 'the most that is asked for' };
}

function total(wans: readonly BufferedWan[], rate: 'downBps' | 'upBps'): number {
  return wans.reduce((sum, wan) => sum + (wan[rate] ?? 0), 0);
}
