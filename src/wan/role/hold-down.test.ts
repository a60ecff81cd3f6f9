import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { HoldDown } from './hold-down.ts';

const TIMES = { confirmMs: 2000, holdMs: 15_000, maxHoldMs: 120_000 };

/** One observation a second; the times at which it went out and came in, in turns. */
function changesOf(isBad: readonly boolean[]): number[] {
  const link = new HoldDown(TIMES);
  const changes: number[] = [];
  for (const [second, bad] of isBad.entries()) {
    const before = link.complaint;
    link.observe(second * 1000, bad ? 'bad' : undefined);
    if ((before === undefined) !== (link.complaint === undefined)) changes.push(second * 1000);
  }
  return changes;
}

function spell(...parts: readonly [isBad: boolean, seconds: number][]): boolean[] {
  return parts.flatMap(([isBad, seconds]) => Array.from({ length: seconds }, () => isBad));
}

test('a moment changes nothing, what lasts does', () => {
  expect(changesOf(spell([false, 5], [true, 2], [false, 20]))).toEqual([]);
  expect(changesOf(spell([false, 5], [true, 3]))).toEqual([7000]);
});

test('it comes back after the hold, when it was well for as long', () => {
  expect(changesOf(spell([true, 3], [false, 60]))).toEqual([2000, 18_000]);
  expect(changesOf(spell([true, 30], [false, 60]))).toEqual([2000, 45_000]);
  expect(changesOf(spell([true, 3], [false, 13], [true, 1], [false, 60]))).toEqual([2000, 32_000]);
});

test('each time that follows soon it is held longer, and that is forgotten', () => {
  const flap: readonly [boolean, number][] = [
    [true, 3],
    [false, 40],
  ];
  const held = (changes: readonly number[]) =>
    changes.flatMap((atMs, i) => (i % 2 === 1 ? [atMs - (changes[i - 1] as number)] : []));
  const soon = changesOf(spell(...flap, ...flap, [true, 3], [false, 300]));
  expect(held(soon)).toEqual([16_000, 30_000, 60_000]);
  const late = changesOf(spell(...flap, [false, 90], ...flap));
  expect(held(late)).toEqual([16_000, 16_000]);
});

test('who is needed is in at once', () => {
  const link = new HoldDown(TIMES);
  for (const nowMs of [0, 2000]) link.observe(nowMs, 'bad');
  expect(link.complaint).toBe('bad');
  link.release();
  expect(link.complaint).toBeUndefined();
  link.observe(3000, 'bad');
  expect(link.complaint).toBeUndefined();
});

test('whatever happens, it is never in and out again faster than confirmed, nor out for less than held', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 90 })), { maxLength: 60 }),
      (parts) => {
        const changes = changesOf(spell(...parts));
        changes.slice(1).forEach((atMs, i) => {
          const lastedMs = atMs - (changes[i] as number);
          expect(lastedMs).toBeGreaterThanOrEqual(i % 2 === 0 ? TIMES.holdMs : TIMES.confirmMs);
        });
      },
    ),
  );
});
