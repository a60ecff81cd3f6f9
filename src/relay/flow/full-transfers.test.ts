import { expect, test } from 'vitest';
import { FullTransfers } from './full-transfers.ts';
import { LOOK_INTERVAL_MS } from './send-room.ts';

test('tells how many looked in the interval before', () => {
  const full = new FullTransfers();
  const interval = (count: number, fromMs: number): number[] =>
    Array.from({ length: count }, (_, i) => full.note(fromMs + i));
  interval(3, 10 * LOOK_INTERVAL_MS);
  expect(interval(5, 11 * LOOK_INTERVAL_MS)).toEqual([3, 3, 3, 3, 3]);
  expect(interval(1, 12 * LOOK_INTERVAL_MS)).toEqual([5]);
});

test('knows of none after a pause', () => {
  const full = new FullTransfers();
  full.note(0);
  expect(full.note(10 * LOOK_INTERVAL_MS)).toBe(0);
});
