// How much a transfer may hand to the kernel: what its paths can have under way, and little more.
//
// Left to itself, the kernel lets every subflow queue about three of its windows, and what is queued on one does not go
// over another. When a WAN dies, what was lost with it is sent again over the others, behind all that is queued there:
// that is most of the time in which a device reads nothing.
import type { SendPath } from '../linux/send-paths.ts';

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
// Windows over round trips of nothing would ask for hundreds of megabytes. More than this is of use only where the far end
// has room for it: what it has none for is sent over no path, and would only lie in our memory.
const FREE_BYTES = 16 * 1024 * 1024;
// Small changes are not worth a system call.
const SHRINK_BELOW = 0.75;

export const LOOK_INTERVAL_MS = 250;

/** Bytes; undefined without a path that is measured. */
export function roomFor(paths: readonly SendPath[]): number | undefined {
  const measured = paths.filter(({ rttMs }) => rttMs > 0);
  if (measured.length === 0) return undefined;
  // While the longest path brings one byte, the others bring what comes after it, and all of it is kept.
  const longestMs = Math.max(...measured.map(({ rttMs }) => rttMs)) + TURN_MS;
  const bytesPerMs = measured.reduce((sum, { windowBytes, rttMs }) => sum + windowBytes / rttMs, 0);
  return Math.max(LEAST_BYTES, Math.ceil(bytesPerMs * longestMs * ROOM_FACTOR));
}

function mostUseful(paths: readonly SendPath[]): number {
  const farWindowBytes = Math.max(...paths.map((path) => path.farWindowBytes));
  return Math.max(FREE_BYTES, Math.ceil(farWindowBytes * ROOM_FACTOR));
}

export class SendRoom {
  private readonly recent: number[] = [];
  private setBytes: number | undefined;

  /**
   * To be called about four times a second while the transfer waits for room.
   *
   * @param mostBytes that a socket may hold now
   * @returns the room to set, in bytes; undefined to leave it as it is
   */
  look(paths: readonly SendPath[], mostBytes: number): number | undefined {
    const room = roomFor(paths);
    if (room === undefined) return undefined;
    this.recent.push(Math.min(room, mostBytes, mostUseful(paths)));
    if (this.recent.length > LOOKS) this.recent.shift();
    // With one path there is nothing that could go over another. What was set once does not grow by itself.
    if (this.setBytes === undefined && (paths.length < 2 || this.recent.length < LOOKS_TO_BEGIN))
      return undefined;
    const most = Math.max(...this.recent);
    if (this.setBytes !== undefined && most <= this.setBytes && most >= this.setBytes * SHRINK_BELOW) {
      return undefined;
    }
    this.setBytes = most;
    return most;
  }
}
