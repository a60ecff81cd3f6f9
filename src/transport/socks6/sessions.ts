// The sessions of a server and the token window of each, in one SharedArrayBuffer that all its workers attach to.
//
// A session's id is its place and 96 random bits: who knows it is who opened it. The lock of a place is held for about a
// microsecond; a worker that died with it makes that session unknown, which refuses, which is the safe side. A restart
// forgets all: what was seen before cannot be told any more, so its ids are unknown.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { WanbondError } from '../../base/error.ts';
import { locked } from '../shared-lock.ts';
import { OWNER_BYTES } from '../socks-login.ts';
import {
  clearWindow,
  grantWindow,
  readWindow,
  spendToken,
  type TokenWindow,
  WINDOW_WORDS,
} from './tokens.ts';

const SESSION_ID_BYTES = 16;

/** 2.4 MiB; a router has one session for each of its workers. */
const DEFAULT_SESSION_CAPACITY = 8192;
/** Of one login: what a few routers with as many workers as cores open; the longest unused is given up for one more. */
export const SESSIONS_PER_OWNER = 64;

// A session's place: lock, last use in seconds since 1970 (0: never used), owner, the random part of its id, window.
const LOCK = 0;
const USED = 1;
const OWNER = 2;
const SECRET = OWNER + OWNER_BYTES / 4;
const SECRET_BYTES = SESSION_ID_BYTES - 4;
const WINDOW = SECRET + SECRET_BYTES / 4;
const PLACE_WORDS = WINDOW + WINDOW_WORDS;
/** How often another worker may take the place that was chosen, before a session is refused. */
const OPEN_TRIES = 8;

/** What a request wants of its session. */
export interface SessionUse {
  /** Size of a window to be granted where there is none; 0 for none. */
  readonly wanted: number;
  /** To be spent; undefined for none. */
  readonly token: number | undefined;
}

export interface Session {
  /** As given to `open`. */
  readonly owner: Uint8Array;
  readonly window: TokenWindow | undefined;
  /** Undefined when no token was to be spent. */
  readonly isTokenGood: boolean | undefined;
}

export interface SessionTable {
  /** Post this to other workers, which call `attachSessionTable`. */
  readonly buffer: SharedArrayBuffer;
  /** A new session of `owner`, 8 bytes; undefined when none can be had now. */
  open(owner: Uint8Array, wanted: number, nowMs: number): (Session & { readonly id: Buffer }) | undefined;
  /** Undefined for a session that is not known, or not any more. A token is good exactly once, whatever the worker. */
  use(id: Uint8Array, use: SessionUse, nowMs: number): Session | undefined;
  close(id: Uint8Array): void;
}

export function createSessionTable(capacity = DEFAULT_SESSION_CAPACITY): SessionTable {
  if (!Number.isInteger(capacity) || capacity < 1) {
    throw new WanbondError({
      code: 'bad-session-capacity',
      message: `a session table cannot hold ${capacity} sessions`,
      hint: 'Give a whole number above 0.',
    });
  }
  return attachSessionTable(new SharedArrayBuffer(capacity * PLACE_WORDS * 4));
}

export function attachSessionTable(buffer: SharedArrayBuffer): SessionTable {
  const words = new Int32Array(buffer);
  return {
    buffer,
    open(owner, wanted, nowMs) {
      const wordsOfOwner = wordsOf(owner);
      for (let i = 0; i < OPEN_TRIES; i++) {
        const { index, secretWord } = choose(words, wordsOfOwner);
        const place = placeAt(words, index);
        const opened = locked(place, LOCK, () => {
          if (place[SECRET] !== secretWord) return undefined;
          const secret = randomBytes(SECRET_BYTES);
          place[USED] = Math.max(1, Math.floor(nowMs / 1000));
          place.set(wordsOfOwner, OWNER);
          place.set(wordsOf(secret), SECRET);
          clearWindow(windowOf(place));
          grantWindow(windowOf(place), wanted, randomBytes(4).readUInt32BE());
          const id = Buffer.concat([Buffer.alloc(4), secret]);
          id.writeUInt32BE(index);
          return { id, ...read(place, undefined) };
        });
        if (opened) return opened;
      }
      return undefined;
    },
    use(id, { wanted, token }, nowMs) {
      const place = placeOf(words, id);
      return (
        place &&
        locked(place, LOCK, () => {
          if (!isOf(place, id)) return undefined;
          place[USED] = Math.max(1, Math.floor(nowMs / 1000));
          const window = windowOf(place);
          const isTokenGood = token === undefined ? undefined : spendToken(window, token);
          grantWindow(window, wanted, randomBytes(4).readUInt32BE());
          return read(place, isTokenGood);
        })
      );
    },
    close(id) {
      const place = placeOf(words, id);
      if (place) locked(place, LOCK, () => isOf(place, id) && place.fill(0, USED));
    },
  };
}

/**
 * A place for a new session: one never used; else the one longest unused, of the owner's when he has enough of them. The
 * word of its secret tells whether another worker takes it in between.
 */
function choose(words: Int32Array, owner: Int32Array): { index: number; secretWord: number } {
  let free = -1;
  let oldest = 0;
  let ownOldest = -1;
  let own = 0;
  const word = (index: number, at: number): number => words[index * PLACE_WORDS + at] as number;
  for (let i = 0; i < words.length / PLACE_WORDS; i++) {
    if (word(i, USED) === 0) {
      if (free < 0) free = i;
      continue;
    }
    if (word(i, USED) < word(oldest, USED)) oldest = i;
    if (word(i, OWNER) !== owner[0] || word(i, OWNER + 1) !== owner[1]) continue;
    own++;
    if (ownOldest < 0 || word(i, USED) < word(ownOldest, USED)) ownOldest = i;
  }
  const index = own >= SESSIONS_PER_OWNER ? ownOldest : free >= 0 ? free : oldest;
  return { index, secretWord: word(index, SECRET) };
}

const placeAt = (words: Int32Array, index: number): Int32Array =>
  words.subarray(index * PLACE_WORDS, (index + 1) * PLACE_WORDS);

function placeOf(words: Int32Array, id: Uint8Array): Int32Array | undefined {
  if (id.length !== SESSION_ID_BYTES) return undefined;
  const index = Buffer.from(id).readUInt32BE();
  return index < words.length / PLACE_WORDS ? placeAt(words, index) : undefined;
}

function isOf(place: Int32Array, id: Uint8Array): boolean {
  const secret = Buffer.from(bytesOf(place.subarray(SECRET, WINDOW)));
  return place[USED] !== 0 && timingSafeEqual(secret, id.subarray(SESSION_ID_BYTES - SECRET_BYTES));
}

const windowOf = (place: Int32Array): Int32Array => place.subarray(WINDOW);

const read = (place: Int32Array, isTokenGood: boolean | undefined): Session => ({
  owner: bytesOf(place.subarray(OWNER, SECRET)),
  window: readWindow(windowOf(place)),
  isTokenGood,
});

/** A copy, as memory that is shared must not leave its lock. */
const bytesOf = (words: Int32Array): Uint8Array => new Uint8Array(Int32Array.from(words).buffer);

const wordsOf = (bytes: Uint8Array): Int32Array => new Int32Array(Uint8Array.from(bytes).buffer);
