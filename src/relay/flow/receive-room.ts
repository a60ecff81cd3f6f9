// How much a transfer lets the far end of an MPTCP connection have under way: at first what slow WANs need, then by what comes.
import { raiseReceiveRoom } from '../../linux/receive-room.ts';
import { measured, type SendPath, sendPaths } from '../../linux/send-paths.ts';
import type { Conn } from '../loop/conn.ts';

// A WAN of 100 Mbit/s queues as much in 80 ms. Of what a socket may hold at most it is this part or less.
const FIRST_BYTES = 1024 * 1024;
const FIRST_PART = 16;
// A device that stops reading leaves as much in our memory.
const MOST_BYTES = 16 * 1024 * 1024;
const MOST_PART = 4;
// While the longest path brings one byte, the others bring what comes after it. The kernel counts with the shortest round trip:
// WANs of 100 Mbit/s at 10 ms and 20 at 60 ms stayed at the first room, and the queue of the one left half of the other idle.
const QUEUE_MS = 100;
// The far end leaves a quarter of it for what comes out of turn (relay/flow/send-room).
const ROOM_FACTOR = 1.5;
// On shorter paths the far end has no more under way than the first room.
const SHORT_MS = 5;
// Who gets less than this asks for needs no more room: no path is looked at.
const LONGEST_MS = 600;
const LEAST_WATCHED_MS = 500;
// Small changes are not worth a system call.
const RAISE_ABOVE = 1.25;

/** What is asked of the kernel, and told to it. */
export interface ReceiveKernel {
  sendPaths(fd: number): readonly SendPath[];
  raiseReceiveRoom(fd: number, windowBytes: number): void;
}

type Source = Pick<Conn, 'fd' | 'mptcp'>;

export class ReceiveRoom {
  private readonly kernel: ReceiveKernel;
  private readonly mostBytes: number;
  private bytes: number;
  private seenBytes: number;
  private seenMs: number;

  /**
   * Makes the first room; the caller reads until the socket is empty afterwards.
   *
   * @param bufferMaxBytes what a socket may hold
   * @param comeBytes that have come so far
   */
  constructor(
    source: Source,
    bufferMaxBytes: number,
    comeBytes: number,
    nowMs: number,
    kernel: ReceiveKernel = { sendPaths, raiseReceiveRoom },
  ) {
    this.kernel = kernel;
    this.mostBytes = Math.min(MOST_BYTES, Math.floor(bufferMaxBytes / MOST_PART));
    this.bytes = Math.min(FIRST_BYTES, Math.floor(bufferMaxBytes / FIRST_PART));
    this.seenBytes = comeBytes;
    this.seenMs = nowMs;
    if (source.mptcp) kernel.raiseReceiveRoom(source.fd, this.bytes);
  }

  /** To be called about once a second. @returns whether there is more room: then the same holds for the caller */
  follow(source: Source, comeBytes: number, nowMs: number): boolean {
    const passedMs = nowMs - this.seenMs;
    if (passedMs < LEAST_WATCHED_MS) return false;
    const bytesPerMs = (comeBytes - this.seenBytes) / passedMs;
    this.seenBytes = comeBytes;
    this.seenMs = nowMs;
    if (!source.mptcp || roomOf(LONGEST_MS, bytesPerMs) < this.bytes) return false;
    const wanted = Math.min(this.mostBytes, roomFor(this.kernel.sendPaths(source.fd), bytesPerMs));
    if (wanted < this.bytes * RAISE_ABOVE) return false;
    this.bytes = wanted;
    this.kernel.raiseReceiveRoom(source.fd, wanted);
    return true;
  }
}

/** Bytes for what comes over these paths. @param paths with the shortest round trips that were seen */
export function roomFor(paths: readonly Pick<SendPath, 'minRttMs' | 'rttMs'>[], bytesPerMs: number): number {
  const roundTrips = measured(paths).map(({ minRttMs }) => minRttMs);
  const longestMs = Math.max(0, ...roundTrips);
  if (roundTrips.length < 2 || longestMs < SHORT_MS) return 0;
  return roomOf(longestMs, bytesPerMs);
}

const roomOf = (longestMs: number, bytesPerMs: number): number =>
  Math.ceil(bytesPerMs * (longestMs + QUEUE_MS) * ROOM_FACTOR);
