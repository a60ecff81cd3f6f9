// A lock in a word of shared memory, held for microseconds.

// Longer than a time slice of the holder, short enough not to stall the loop for the life of a stuck lock.
const LOCK_WAITS = 50;
const LOCK_WAIT_MS = 1;

/** What `work` returns; undefined, without calling it, when the lock is stuck: its holder died. */
export function locked<T>(words: Int32Array, at: number, work: () => T): T | undefined {
  for (let waits = 0; waits < LOCK_WAITS; ) {
    if (Atomics.compareExchange(words, at, 0, 1) === 0) {
      try {
        return work();
      } finally {
        Atomics.store(words, at, 0);
        Atomics.notify(words, at, 1);
      }
    }
    // One that others keep taking is no stuck one: only a wait that nobody ended counts.
    if (Atomics.wait(words, at, 1, LOCK_WAIT_MS) === 'timed-out') waits++;
  }
  return undefined;
}
