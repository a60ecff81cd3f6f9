// Writes a byte stream to a socket, as fast as the socket takes it or at a given rate.
import type { Socket } from 'node:net';
import type { ByteStream } from './byte-stream.ts';

// Large enough that the cost of a write is the copy in the kernel, not the call.
const CHUNK_BYTES = 256 * 1024;

export interface Pump {
  /** Bytes handed to the socket so far. */
  readonly sentBytes: number;
  stop(): void;
}

/** At `rateBps`, or without it as fast as it goes. `done` as in pump. */
export function send(
  socket: Socket,
  stream: ByteStream,
  rateBps: number | undefined,
  done: () => void,
): Pump {
  return rateBps === undefined ? pump(socket, stream, done) : pacedPump(socket, stream, rateBps, done);
}

/** Calls `done` once after the last byte is written; never when the socket dies before, nor after stop(). */
function pump(socket: Socket, stream: ByteStream, done: () => void): Pump {
  const state = { sentBytes: 0, stop: () => socket.off('drain', fill) };
  const fill = (): void => {
    while (socket.writable) {
      const chunk = stream.next(CHUNK_BYTES);
      if (!chunk) {
        state.stop();
        done();
        return;
      }
      state.sentBytes += chunk.length;
      if (!socket.write(chunk)) return;
    }
  };
  socket.on('drain', fill);
  fill();
  return state;
}

// A late timer is made up for, a link that was full is not: what was offered then is lost like the frames of a film.
const PACE_MS = 10;
const PACE_DEBT_MS = 100;

/** As pump, but at most `rateBps`, evenly over time. */
function pacedPump(socket: Socket, stream: ByteStream, rateBps: number, done: () => void): Pump {
  const bytesPerMs = rateBps / 8000;
  let atMs = performance.now();
  let due = 0;
  const state = { sentBytes: 0, stop: () => clearInterval(timer) };
  const timer = setInterval(() => {
    const nowMs = performance.now();
    due = Math.min(due + (nowMs - atMs) * bytesPerMs, PACE_DEBT_MS * bytesPerMs);
    atMs = nowMs;
    if (socket.writableNeedDrain || due < 1) return;
    const chunk = stream.next(Math.floor(due));
    if (chunk) {
      due -= chunk.length;
      state.sentBytes += chunk.length;
      socket.write(chunk);
      return;
    }
    state.stop();
    done();
  }, PACE_MS);
  socket.once('close', state.stop);
  return state;
}
