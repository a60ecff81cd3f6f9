// What the kernel says of the subflows of an MPTCP socket, and the one thing about sending that can be set on it.
import * as c from './constants.ts';
import { rawGetsockopt, setsockoptIntRaw } from './libc.ts';
import { readSysctl } from './sysctl.ts';

export interface SendPath {
  /** What the congestion control lets be under way. */
  readonly windowBytes: number;
  /** Smoothed, queues included. */
  readonly rttMs: number;
  /** The shortest that was seen: queues left out. */
  readonly minRttMs: number;
  /** What the far end has room for, of the whole connection. */
  readonly farWindowBytes: number;
  readonly ackedBytes: number;
  readonly segmentBytes: number;
  /** All that left, of that what left again, and how many segments of that did so in vain. */
  readonly sentBytes: number;
  readonly againBytes: number;
  readonly inVainSegments: number;
  /** Segments that are not acknowledged, and bytes that have not been sent. */
  readonly unackedSegments: number;
  readonly unsentBytes: number;
}

// struct mptcp_subflow_data, then one struct tcp_info for each subflow, as much of it as is asked for.
const HEADER_BYTES = 16;
const INFO_BYTES = 232;
const MAX_SUBFLOWS = 16;
const AT = {
  state: 0,
  mss: 16,
  unacked: 24,
  rttUs: 68,
  windowSegments: 80,
  acked: 120,
  unsent: 144,
  minRttUs: 148,
  sent: 200,
  sentAgain: 208,
  inVain: 216,
  farWindow: 228,
};
const ESTABLISHED = 1;

const buffer = Buffer.alloc(HEADER_BYTES + MAX_SUBFLOWS * INFO_BYTES);
const length = Buffer.alloc(4);

/** Of the subflows that are established; none when the kernel cannot tell, or the socket is not MPTCP any more. */
export function sendPaths(fd: number): SendPath[] {
  buffer.fill(0, 0, HEADER_BYTES);
  buffer.writeUInt32LE(HEADER_BYTES, 0);
  buffer.writeUInt32LE(INFO_BYTES, 12);
  length.writeUInt32LE(buffer.length);
  if (rawGetsockopt(fd, c.SOL_MPTCP, c.MPTCP_TCPINFO, buffer, length) < 0) return [];
  const paths: SendPath[] = [];
  const count = Math.min(MAX_SUBFLOWS, buffer.readUInt32LE(4));
  for (let at = HEADER_BYTES; at < HEADER_BYTES + count * INFO_BYTES; at += INFO_BYTES) {
    if (buffer.readUInt8(at + AT.state) !== ESTABLISHED) continue;
    const segmentBytes = buffer.readUInt32LE(at + AT.mss);
    const windowBytes = buffer.readUInt32LE(at + AT.windowSegments) * segmentBytes;
    const farWindowBytes = buffer.readUInt32LE(at + AT.farWindow);
    const rttMs = buffer.readUInt32LE(at + AT.rttUs) / 1000;
    const minRttMs = buffer.readUInt32LE(at + AT.minRttUs) / 1000;
    const ackedBytes = Number(buffer.readBigUInt64LE(at + AT.acked));
    const sentBytes = Number(buffer.readBigUInt64LE(at + AT.sent));
    const againBytes = Number(buffer.readBigUInt64LE(at + AT.sentAgain));
    const inVainSegments = buffer.readUInt32LE(at + AT.inVain);
    const unackedSegments = buffer.readUInt32LE(at + AT.unacked);
    const unsentBytes = buffer.readUInt32LE(at + AT.unsent);
    paths.push({
      windowBytes,
      rttMs,
      minRttMs,
      farWindowBytes,
      ackedBytes,
      segmentBytes,
      sentBytes,
      againBytes,
      inVainSegments,
      unackedSegments,
      unsentBytes,
    });
  }
  return paths;
}

/** Those with a round trip: of the others the kernel has no shortest one either, and says 2^32 - 1. */
export function measured<Path extends Pick<SendPath, 'rttMs'>>(paths: readonly Path[]): Path[] {
  return paths.filter(({ rttMs }) => rttMs > 0);
}

/** Whether there are paths, and nothing is under way on any of them. */
export function isIdle(paths: readonly SendPath[]): boolean {
  return (
    paths.length > 0 &&
    paths.every(({ unackedSegments, unsentBytes }) => unackedSegments === 0 && unsentBytes === 0)
  );
}

// With less a fast transfer would be held back: what was set once is not left to the kernel again.
const ENOUGH_BYTES = 4 * 1024 * 1024;
const LIMIT = 'net.core.wmem_max';

let limitBytes: number | undefined;

/**
 * What the connection may hold of data that is not acknowledged; each subflow may hold as much. From then on the kernel
 * does not change it. False when we may not (that takes CAP_NET_ADMIN or a large net.core.wmem_max): nothing is changed.
 */
export function setSendBuffer(fd: number, bytes: number): boolean {
  // The kernel doubles what it is given (socket(7)).
  const half = Math.ceil(bytes / 2);
  if (setsockoptIntRaw(fd, c.SOL_SOCKET, c.SO_SNDBUFFORCE, half) >= 0) return true;
  limitBytes ??= Number(readSysctl(LIMIT) ?? 0);
  return limitBytes >= ENOUGH_BYTES && setsockoptIntRaw(fd, c.SOL_SOCKET, c.SO_SNDBUF, half) >= 0;
}
