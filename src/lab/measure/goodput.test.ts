import { expect, test } from 'vitest';
import { bytesAt, goodputMbps, longestGapMs } from './goodput.ts';

const samples = [
  { atMs: 1000, bytes: 0, gapMs: 0, gapFromMs: 1000 },
  { atMs: 1100, bytes: 1000, gapMs: 3, gapFromMs: 1097 },
  { atMs: 1200, bytes: 1000, gapMs: 100, gapFromMs: 1100 },
  { atMs: 1300, bytes: 5000, gapMs: 120, gapFromMs: 1180 },
];

test('bytes between samples lie on a line, outside they stay', () => {
  expect(bytesAt(samples, 1050)).toBe(500);
  expect(bytesAt(samples, 1100)).toBe(1000);
  expect(bytesAt(samples, 1275)).toBe(4000);
  expect(bytesAt(samples, 900)).toBe(0);
  expect(bytesAt(samples, 9000)).toBe(5000);
  expect(bytesAt([], 1)).toBe(0);
});

test('goodput of a window, in millions of bits per second', () => {
  expect(goodputMbps(samples, 1000, 1300)).toBeCloseTo(0.13333, 4);
  expect(goodputMbps(samples, 1100, 1200)).toBe(0);
  expect(goodputMbps(samples, 1100, 1100)).toBe(0);
});

test('the longest gap of a window', () => {
  expect(longestGapMs(samples, 1000, 1150)).toBe(3);
  expect(longestGapMs(samples, 1000, 1300)).toBe(120);
  expect(longestGapMs([], 0, 1)).toBe(0);
});
