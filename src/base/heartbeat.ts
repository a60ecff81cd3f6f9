// The sign of life of a thread that no event loop of Node's can be asked about: a count in shared memory.

const WATCH_MS = 250;

export const createHeartbeat = (): SharedArrayBuffer => new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);

/** To be called from the thread at least once a second. */
export function heartOf(memory: SharedArrayBuffer): () => void {
  const beats = new Int32Array(memory);
  return () => Atomics.add(beats, 0, 1);
}

/**
 * Looks at it until the timer is cleared, which does not keep the process alive.
 *
 * @param stuckAfterMs how long the thread may give no sign of life; counted in checks and not by the clock, so that a
 *   suspended machine does not wake up to a dead daemon
 * @param onStuck told again and again of a thread that beat once and does so no more; one that never did still loads,
 *   which may take long on a slow machine
 */
export function watchHeartbeat(
  memory: SharedArrayBuffer,
  stuckAfterMs: number,
  onStuck: () => void,
): NodeJS.Timeout {
  const beats = new Int32Array(memory);
  let seen = 0;
  let missed = 0;
  const look = (): void => {
    const beat = Atomics.load(beats, 0);
    missed = beat !== 0 && beat === seen ? missed + 1 : 0;
    seen = beat;
    if (missed * WATCH_MS >= stuckAfterMs) onStuck();
  };
  return setInterval(look, WATCH_MS).unref();
}
