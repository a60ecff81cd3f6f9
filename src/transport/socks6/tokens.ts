// A window of idempotence tokens in words of memory: each token in it is spent once, and the window only moves on.
//
// Tokens are u32 and wrap: x is less than y when 0 < y - x < 2^31 in unsigned arithmetic. Sizes are powers of two, so
// that the place of a token's bit stays the same when tokens wrap.

export interface TokenWindow {
  /** The least token that may be spent. */
  readonly base: number;
  /** Tokens from `base` on that may be spent; 1 to 2^31 - 1. */
  readonly size: number;
}

/** How many tokens one window holds at most: more than a client has requests under way at a time. */
export const MAX_TOKENS = 2048;

/** Of the memory of a window: base, size (0: no window was granted), a bit per token. */
export const WINDOW_WORDS = 2 + MAX_TOKENS / 32;

const BASE = 0;
const SIZE = 1;
const BITS = 2;

/** How far `token` is past `base`, wrapping. */
export const distance = (base: number, token: number): number => (token - base) >>> 0;

export const isLess = (x: number, y: number): boolean => distance(x, y) > 0 && distance(x, y) < 2 ** 31;

/** No window: no token can be spent. */
export function clearWindow(words: Int32Array): void {
  words.fill(0, 0, WINDOW_WORDS);
}

/** A new window of up to `wanted` tokens from `base`; none for 0. One that is there stays as it is. */
export function grantWindow(words: Int32Array, wanted: number, base: number): void {
  if (words[SIZE] !== 0 || wanted < 1) return;
  words[BASE] = base;
  words[SIZE] = 2 ** Math.floor(Math.log2(Math.min(wanted, MAX_TOKENS)));
}

export function readWindow(words: Int32Array): TokenWindow | undefined {
  const size = words[SIZE] as number;
  return size === 0 ? undefined : { base: (words[BASE] as number) >>> 0, size };
}

/** Whether the token was in the window and not yet spent; it is spent then, and the window moves on where it can. */
export function spendToken(words: Int32Array, token: number): boolean {
  const window = readWindow(words);
  if (!window) return false;
  const { base, size } = window;
  const at = distance(base, token);
  if (at >= size || isSpent(words, token, size)) return false;
  const { word, bit } = placeOf(token, size);
  words[word] = (words[word] as number) | bit;
  let to = base;
  // Those that never came do not hold the window up: it is moved when three quarters of it were passed.
  if (at >= (size * 3) / 4) while (to !== (token - size / 2) >>> 0) to = leave(words, to, size);
  while (isSpent(words, to, size)) to = leave(words, to, size);
  words[BASE] = to;
  return true;
}

/** Where a token's bit is. */
function placeOf(token: number, size: number): { readonly word: number; readonly bit: number } {
  const place = token & (size - 1);
  return { word: BITS + (place >>> 5), bit: 1 << (place & 31) };
}

function isSpent(words: Int32Array, token: number, size: number): boolean {
  const { word, bit } = placeOf(token, size);
  return ((words[word] as number) & bit) !== 0;
}

/** The next base: the bit of the token that is left now stands for one at the far end of the window. */
function leave(words: Int32Array, token: number, size: number): number {
  const { word, bit } = placeOf(token, size);
  words[word] = (words[word] as number) & ~bit;
  return (token + 1) >>> 0;
}
