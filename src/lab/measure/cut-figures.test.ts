// Figures of a cut from invented notes, at the edges of its time.
import { expect, test } from 'vitest';
import { carriesAfterMs, counterRate, longestStall, visitFigures } from './cut-figures.ts';
import { median } from './median.ts';
import type { Sample } from '../traffic/sample.ts';

const sample = (atMs: number, gapFromMs: number, gapMs: number): Sample => ({
  atMs,
  bytes: 0,
  gapFromMs,
  gapMs,
});

const stallMs = (...args: Parameters<typeof longestStall>): number => longestStall(...args).ms;

test('a stall is the longest gap between cut and end, however it lies', () => {
  const samples = [sample(100, 40, 55), sample(200, 140, 60), sample(300, 140, 160), sample(400, 320, 30)];
  expect(stallMs(samples, 100, 400)).toBe(160);
  // The gap that was over before the cut is none of it, one that was running counts whole.
  expect(stallMs(samples, 96, 140)).toBe(0);
  expect(stallMs(samples, 94, 140)).toBe(55);
  // One that goes on after the end counts up to there.
  expect(stallMs(samples, 100, 250)).toBe(110);
  expect(stallMs(samples, 310, 330)).toBe(10);
  expect(longestStall(samples, 100, 400)).toEqual({ atMs: 140, ms: 160 });
});

test('a reader that ended has read nothing since', () => {
  const samples = [sample(100, 40, 5), sample(200, 150, 50)];
  expect(stallMs(samples, 100, 1000)).toBe(850);
  expect(stallMs([sample(100, 40, 5)], 50, 1000)).toBe(900);
  expect(stallMs([], 50, 1000)).toBe(950);
});

test('a WAN carries again from the first 100 ms on that bring a tenth of its usual bytes', () => {
  const samples = Array.from({ length: 100 }, (_, i) => ({
    atMs: i * 10,
    // Usual until 200 ms, a probe's few bytes until 600 ms, then half.
    bytes: i <= 20 ? i * 1000 : i <= 60 ? 20_000 + i : 20_000 + i + (i - 60) * 500,
  }));
  const usualRate = counterRate(samples, 0, 200) as number;
  expect(usualRate).toBe(100);
  const carriesMs = carriesAfterMs(samples, 300, usualRate) as number;
  // It grows from 300 ms on, and two steps of 500 bytes make the thousand that is wanted.
  expect(carriesMs).toBeGreaterThan(300);
  expect(carriesMs).toBeLessThanOrEqual(320);
  expect(carriesAfterMs(samples.slice(0, 60), 300, usualRate)).toBeUndefined();
  expect(carriesAfterMs([], 300, usualRate)).toBeUndefined();
  expect(counterRate(samples, 2000, 3000)).toBeUndefined();
});

test('new connections: the first after the cut, the slowest soon after, the median before', () => {
  const visits = [
    { atMs: 0, firstByteMs: 900 },
    { atMs: 100, firstByteMs: 10 },
    { atMs: 200, firstByteMs: 30 },
    { atMs: 300, firstByteMs: 20 },
    { atMs: 410, firstByteMs: 200 },
    { atMs: 510, firstByteMs: 300 },
    { atMs: 1500, firstByteMs: 4000 },
    { atMs: 1600, error: 'ECONNRESET' },
  ];
  expect(visitFigures(visits, 50, 400)).toEqual({
    usualMs: 20,
    firstMs: 200,
    worstMs: 300,
    failed: [{ atMs: 1600, error: 'ECONNRESET' }],
  });
  expect(visitFigures([], 50, 400)).toEqual({ failed: [] });
  expect(visitFigures([{ atMs: 500, error: 'timeout' }], 50, 400).firstMs).toBeUndefined();
});

test('the median of an even number lies between the two in the middle', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(median([])).toBeUndefined();
});
