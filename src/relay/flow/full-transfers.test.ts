import { expect, test } from 'vitest';
import { FullTransfers } from './full-transfers.ts';

test('tells how many look, however often each of them does', () => {
  const full = new FullTransfers();
  const lastMs: (number | undefined)[] = Array.from({ length: 6 });
  const told: number[] = [];
  // Each in turn, 60 ms apart: three looks of each in a second.
  for (let nowMs = 10_000; nowMs < 14_000; nowMs += 60) {
    const who = told.length % lastMs.length;
    told.push(full.note(lastMs[who], nowMs));
    lastMs[who] = nowMs;
  }
  expect(told.slice(0, 6)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(new Set(told.slice(6))).toEqual(new Set([6]));
});

test('knows of none after a pause', () => {
  const full = new FullTransfers();
  full.note(undefined, 1000);
  full.note(undefined, 1100);
  expect(full.note(undefined, 5000)).toBe(1);
});
