// Writes a byte stream to a socket as fast as the socket takes it.
import type { Socket } from 'node:net';
import type { ByteStream } from './byte-stream.ts';

// Large enough that the cost of a write is the copy in the kernel, not the call.
const CHUNK_BYTES = 256 * 1024;

export interface Pump {
  /** Bytes handed to the socket so far. */
  readonly sentBytes: number;
  stop(): void;
}

/** Calls `done` once after the last byte is written; never when the socket dies before, nor after stop(). */
export function pump(socket: Socket, stream: ByteStream, done: () => void): Pump {
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
