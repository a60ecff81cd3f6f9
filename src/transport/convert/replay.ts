// The exact set of nonces seen, in one SharedArrayBuffer that all workers of a server attach to.
//
// Buckets of fixed size under a lock each: a nonce can lie in one bucket only, so "not in it" is exact, and a
// full bucket says so instead of forgetting a live nonce. The lock is held for well under a microsecond; a worker
// that died with it makes that bucket answer `full`, which refuses, which is the safe side.
import { WanbondError } from '../../base/error.ts';
import { locked } from '../shared-lock.ts';
import { NONCE_BYTES, NONCE_KEPT_MS } from './constants.ts';

const HEADER_BYTES = 16;
// Entry: expiry in seconds since 1970 (0: never used), key id, nonce, the worker that admitted it.
const ENTRY_WORDS = 7;
const WORKER_AT = 6;
const BUCKET_ENTRIES = 64;
// One lock word, padded to the cache line.
const LOCK_WORDS = 16;
const BUCKET_WORDS = LOCK_WORDS + BUCKET_ENTRIES * ENTRY_WORDS;

/**
 * 7 MiB. Holds a minute of 2,500 flows a second; random nonces fill buckets unevenly, so that the first is full
 * when the whole is at about 60 %.
 */
const DEFAULT_REPLAY_CAPACITY = 2 ** 18;

export type Admission = 'fresh' | 'replayed' | 'full';

export interface ReplayWindow {
  /** Post this to other workers, which call `attachReplayWindow`. */
  readonly buffer: SharedArrayBuffer;
  /** Since when the set forgot nothing; anything older cannot be judged by it. */
  readonly startedAtMs: number;
  /** Call only for a nonce whose tag is right. `fresh` exactly once per key and nonce while it is kept. */
  admit(keyId: number, nonce: Uint8Array, nowMs: number): Admission;
  /** The worker that admitted a nonce; undefined when it is not in the set, or that cannot be told now. */
  admittedBy(keyId: number, nonce: Uint8Array, nowMs: number): number | undefined;
}

/** `startedAtMs` is the time of this call on the clock that `admit` is called with; that clock must not step back. */
export function createReplayWindow(startedAtMs: number, capacity = DEFAULT_REPLAY_CAPACITY): ReplayWindow {
  if (!Number.isInteger(capacity) || capacity < 1) {
    throw new WanbondError({
      code: 'bad-replay-capacity',
      message: `a replay window cannot hold ${capacity} nonces`,
      hint: 'Give a whole number above 0.',
    });
  }
  const buckets = Math.ceil(capacity / BUCKET_ENTRIES);
  const buffer = new SharedArrayBuffer(HEADER_BYTES + buckets * BUCKET_WORDS * 4);
  new Float64Array(buffer, 0, 1)[0] = startedAtMs;
  return attachReplayWindow(buffer);
}

/** @param worker index of the caller, as `admittedBy` shall tell it */
export function attachReplayWindow(buffer: SharedArrayBuffer, worker = 0): ReplayWindow {
  const words = new Int32Array(buffer, HEADER_BYTES);
  const buckets = words.length / BUCKET_WORDS;
  const startedAtMs = new Float64Array(buffer, 0, 1)[0] ?? 0;
  const key = new Int32Array(1 + NONCE_BYTES / 4);
  const nonceBytes = new Uint8Array(key.buffer, 4);

  /** Undefined when the bucket's lock is stuck. */
  function inBucket<T>(keyId: number, nonce: Uint8Array, work: (firstAt: number) => T): T | undefined {
    key[0] = keyId;
    nonceBytes.set(nonce.subarray(0, NONCE_BYTES));
    const bucket = ((key[1] ?? 0) >>> 0) % buckets;
    const lockAt = bucket * BUCKET_WORDS;
    return locked(words, lockAt, () => work(lockAt + LOCK_WORDS));
  }

  return {
    buffer,
    startedAtMs,
    admit: (keyId, nonce, nowMs) =>
      inBucket(keyId, nonce, (firstAt) => {
        const { seenAt, freeAt } = look(words, firstAt, key, nowMs);
        if (seenAt >= 0) return 'replayed';
        if (freeAt < 0) return 'full';
        words[freeAt] = Math.ceil((nowMs + NONCE_KEPT_MS) / 1000);
        words.set(key, freeAt + 1);
        words[freeAt + WORKER_AT] = worker;
        return 'fresh';
      }) ?? 'full',
    admittedBy: (keyId, nonce, nowMs) =>
      inBucket(keyId, nonce, (firstAt) => {
        const { seenAt } = look(words, firstAt, key, nowMs);
        return seenAt < 0 ? undefined : words[seenAt + WORKER_AT];
      }),
  };
}

/** Where the key's entry is, and the first place for a new one; -1 for none. */
function look(
  words: Int32Array,
  firstAt: number,
  key: Int32Array,
  nowMs: number,
): { seenAt: number; freeAt: number } {
  const nowS = Math.floor(nowMs / 1000);
  let freeAt = -1;
  for (let i = 0; i < BUCKET_ENTRIES; i++) {
    const at = firstAt + i * ENTRY_WORDS;
    const expiryS = (words[at] ?? 0) >>> 0;
    if (expiryS < nowS) {
      if (freeAt < 0) freeAt = at;
      // Places are taken in order: behind one that was never used there is nothing.
      if (expiryS === 0) break;
    } else if (holds(words, at + 1, key)) {
      return { seenAt: at, freeAt };
    }
  }
  return { seenAt: -1, freeAt };
}

function holds(words: Int32Array, at: number, key: Int32Array): boolean {
  for (let i = 0; i < key.length; i++) if (words[at + i] !== key[i]) return false;
  return true;
}
