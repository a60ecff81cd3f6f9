// Token windows against a plain set: each token once, none outside, wrapping at 2^32, moving only forward.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  distance,
  grantWindow,
  isLess,
  MAX_TOKENS,
  readWindow,
  spendToken,
  type TokenWindow,
  WINDOW_WORDS,
} from './tokens.ts';

function windowOf(wanted: number, base: number): Int32Array {
  const words = new Int32Array(WINDOW_WORDS);
  grantWindow(words, wanted, base);
  return words;
}

const of = (words: Int32Array): TokenWindow => {
  const window = readWindow(words);
  if (!window) throw new Error('no window was granted');
  return window;
};

test('the order of tokens wraps', () => {
  expect(isLess(1, 2)).toBe(true);
  expect(isLess(2, 2)).toBe(false);
  expect(isLess(0xffffffff, 0)).toBe(true);
  expect(isLess(0, 0xffffffff)).toBe(false);
  expect(isLess(0, 2 ** 31)).toBe(false);
  expect(isLess(0, 2 ** 31 - 1)).toBe(true);
});

describe('a window', () => {
  test.each([
    [1, 1],
    [2, 2],
    [100, 64],
    [2048, 2048],
    [0xffffffff, MAX_TOKENS],
  ])('of %i wanted tokens has %i', (wanted, size) => {
    expect(of(windowOf(wanted, 9))).toEqual({ base: 9, size });
  });

  test('of none wanted is none, and then no token is good', () => {
    const words = windowOf(0, 9);
    expect(readWindow(words)).toBeUndefined();
    expect(spendToken(words, 9)).toBe(false);
  });

  test('stays as it is when another is asked for', () => {
    const words = windowOf(64, 9);
    grantWindow(words, 128, 1);
    expect(of(words)).toEqual({ base: 9, size: 64 });
  });

  test('takes each token once, and none outside', () => {
    const words = windowOf(64, 100);
    expect(spendToken(words, 99)).toBe(false);
    expect(spendToken(words, 164)).toBe(false);
    expect(spendToken(words, 110)).toBe(true);
    expect(spendToken(words, 110)).toBe(false);
    expect(of(words).base).toBe(100);
  });

  test('moves past the lowest tokens that are spent, also over 2^32', () => {
    const words = windowOf(64, 0xfffffffe);
    expect(spendToken(words, 0xffffffff)).toBe(true);
    expect(spendToken(words, 0)).toBe(true);
    expect(of(words).base).toBe(0xfffffffe);
    expect(spendToken(words, 0xfffffffe)).toBe(true);
    expect(of(words).base).toBe(1);
    expect(spendToken(words, 0xffffffff)).toBe(false);
    expect(spendToken(words, 0)).toBe(false);
    expect(spendToken(words, 64)).toBe(true);
  });

  test('leaves behind what never came once it is three quarters through', () => {
    const words = windowOf(64, 0xffffffe0);
    expect(spendToken(words, 0xffffffe0 + 5)).toBe(true);
    expect(spendToken(words, 15)).toBe(true);
    expect(of(words).base).toBe(0xffffffe0);
    expect(spendToken(words, 16)).toBe(true);
    expect(of(words)).toEqual({ base: (16 - 32) >>> 0, size: 64 });
    expect(spendToken(words, 0xffffffe0)).toBe(false);
    expect(spendToken(words, 15)).toBe(false);
    expect(spendToken(words, 17)).toBe(true);
  });
});

test('whatever comes, no token is taken twice and the window moves only on', () => {
  const around = fc.integer({ min: -300, max: 300 });
  const cases = fc.record({
    wanted: fc.constantFrom(1, 2, 4, 16, 32, 64, 128),
    base: fc.constantFrom(0, 0xffffffc0, 0x7fffffe0, 12345),
    offsets: fc.array(around, { maxLength: 400 }),
  });
  fc.assert(
    fc.property(cases, ({ wanted, base, offsets }) => {
      const words = windowOf(wanted, base);
      const spent = new Set<number>();
      for (const offset of offsets) {
        const before = of(words);
        const token = (before.base + offset) >>> 0;
        const isInside = distance(before.base, token) < before.size;
        expect(spendToken(words, token)).toBe(isInside && !spent.has(token));
        if (isInside) spent.add(token);
        const after = of(words);
        expect(after.size).toBe(before.size);
        expect(distance(before.base, after.base)).toBeLessThanOrEqual(before.size);
        expect(spent.has(after.base)).toBe(false);
      }
    }),
  );
});
