// Signs of life of threads that no event loop of Node's can be asked about: a count in shared memory each.

const WATCH_MS = 250;

export const createHeartbeats = (threads: number): SharedArrayBuffer =>
  new SharedArrayBuffer(threads * Int32Array.BYTES_PER_ELEMENT);

/** The beat of the thread at `index`, to be called from there at least once a second. */
export function heartOf(memory: SharedArrayBuffer, index: number): () => void {
  const beats = new Int32Array(memory);
  return () => Atomics.add(beats, index, 1);
}

/**
 * Looks at all of them until the timer is cleared.
 *
 * @param stuckAfterMs how long a thread may give no sign of life; counted in checks and not by the clock, so that a
 *   suspended machine does not wake up to a dead daemon
 * @param onStuck told again and again of a thread that beat once and does so no more; one that never did still loads,
 *   which may take long on a slow machine
 */
export function watchHeartbeats(
  memory: SharedArrayBuffer,
  stuckAfterMs: number,
  onStuck: (index: number) => void,
): NodeJS.Timeout {
  const beats = new Int32Array(memory);
  const seen = new Int32Array(beats.length);
  const missed = new Int32Array(beats.length);
  return setInterval(() => {
    for (let i = 0; i < beats.length; i++) {
      const beat = Atomics.load(beats, i);
      missed[i] = beat !== 0 && beat === seen[i] ? (missed[i] as number) + 1 : 0;
      seen[i] = beat;
      if ((missed[i] as number) * WATCH_MS >= stuckAfterMs) onStuck(i);
    }
  }, WATCH_MS);
}
