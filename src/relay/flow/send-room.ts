// How much a transfer may hand to the kernel: what its paths can have under way, and little more.
//
// Left to itself, the kernel lets every subflow queue about three of its windows, and what is queued on one does not go
// over another. When a WAN dies, what was lost with it is sent again over the others, behind all that is queued there:
// that is most of the time in which a device reads nothing.
//
// And nobody may come near the end of the far end's window: the kernel takes a subflow's last word on it for the
// connection's (net/mptcp/options.c, ack_update_msk), sends past it, and the far end drops there what the subflow has
// acknowledged. That comes again in pieces of 64 kB, 200 ms each (tried on 6.18: two WANs of several Gbit/s at 1 Mbit/s).
import { measured, type SendPath } from '../../linux/send-paths.ts';

// The sender is woken when a third of the room is free: with less than 3/2 the paths would run dry. The rest is for the
// round trip that a lost segment takes to be sent again.
const ROOM_FACTOR = 1.75;
// A round trip that is next to nothing still has our own turn in it.
const TURN_MS = 10;
// Below, a few bursts of the kernel's scheduler (64 kB each) would fill it.
const LEAST_BYTES = 256 * 1024;
// Windows shrink after a loss and grow again: what counts is the most of the last two seconds.
const LOOKS = 8;
// A transfer that begins is left alone for a second: its windows double with every round trip.
const LOOKS_TO_BEGIN = 4;
// What is left of the far end's window is for data that comes out of turn.
const FAR_WINDOW_PART = 0.75;
// Windows over round trips of nothing would ask for hundreds of megabytes, most of which would wait in the far end's memory.
// Above this the room follows what was acknowledged; three times that, as a transfer may still be growing.
const FREE_BYTES = 2 * 1024 * 1024;
// On short paths less is faster: it stays in the processor's cache, and fills no window when the far reader is slow (two WANs
// of several Gbit/s: 12 Gbit/s with 1 MiB, 11 with 2, 6.5 with 4, 9 with half of one).
const SHORT_FREE_BYTES = 1024 * 1024;
const GROWTH_FACTOR = 3;
// On such paths the windows have long grown by the first look, and would be past all bounds after a second.
const SHORT_MS = 5;
// Small changes are not worth a system call.
const SHRINK_BELOW = 0.75;

export const LOOK_INTERVAL_MS = 250;

/** Bytes for paths that are measured, one at least. */
export function roomFor(paths: readonly SendPath[]): number {
  // While the longest path brings one byte, the others bring what comes after it, and all of it is kept.
  const longestMs = longestRttMs(paths) + TURN_MS;
  const bytesPerMs = paths.reduce((sum, { windowBytes, rttMs }) => sum + windowBytes / rttMs, 0);
  return Math.max(LEAST_BYTES, Math.ceil(bytesPerMs * longestMs * ROOM_FACTOR));
}

function longestRttMs(paths: readonly SendPath[]): number {
  return Math.max(...paths.map(({ rttMs }) => rttMs));
}

export class SendRoom {
  private readonly recent: number[] = [];
  private setBytes: number | undefined;
  private last: { readonly atMs: number; readonly ackedBytes: number } | undefined;

  /**
   * To be called about four times a second while the transfer waits for room.
   *
   * @param mostBytes that a socket may hold now
   * @returns the room to set, in bytes; undefined to leave it as it is
   */
  look(all: readonly SendPath[], mostBytes: number, nowMs: number): number | undefined {
    const paths = measured(all);
    if (paths.length === 0) return undefined;
    this.recent.push(Math.min(roomFor(paths), mostBytes, this.mostUseful(paths, nowMs)));
    if (this.recent.length > LOOKS) this.recent.shift();
    if (this.setBytes === undefined && !this.mayBegin(paths)) return undefined;
    const most = Math.max(...this.recent);
    if (this.setBytes !== undefined && most <= this.setBytes && most >= this.setBytes * SHRINK_BELOW) {
      return undefined;
    }
    this.setBytes = most;
    return most;
  }

  /** What was set; undefined while it is left to the kernel. */
  get bytes(): number | undefined {
    return this.setBytes;
  }

  /** With one path, if it is not short, there is nothing to win. What was set once does not grow by itself. */
  private mayBegin(paths: readonly SendPath[]): boolean {
    if (longestRttMs(paths) < SHORT_MS) return true;
    return paths.length > 1 && this.recent.length >= LOOKS_TO_BEGIN;
  }

  private mostUseful(paths: readonly SendPath[], nowMs: number): number {
    const farWindowBytes = Math.max(...paths.map((path) => path.farWindowBytes));
    // Without their queues: those are made of our own room.
    const longestMs = Math.max(...paths.map(({ minRttMs }) => minRttMs));
    const freeBytes = longestMs < SHORT_MS ? SHORT_FREE_BYTES : FREE_BYTES;
    const useful = Math.max(freeBytes, this.ackedPerMs(paths, nowMs) * longestMs * GROWTH_FACTOR);
    return Math.ceil(Math.max(LEAST_BYTES, Math.min(useful, farWindowBytes * FAR_WINDOW_PART)));
  }

  /** Since the last look. */
  private ackedPerMs(paths: readonly SendPath[], nowMs: number): number {
    const { last } = this;
    const ackedBytes = paths.reduce((sum, path) => sum + path.ackedBytes, 0);
    this.last = { atMs: nowMs, ackedBytes };
    // A subflow that is gone took its count with it.
    if (!last || nowMs <= last.atMs || ackedBytes < last.ackedBytes) return 0;
    return (ackedBytes - last.ackedBytes) / (nowMs - last.atMs);
  }
}
