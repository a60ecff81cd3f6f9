import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addUse, countSince, monthUse, NO_USE, type WanUsage } from './usage.ts';

const MEGA = { rxBytes: 1_000_000, txBytes: 0 };
const at = (year: number, month: number, day: number, hour = 12): Date =>
  new Date(year, month - 1, day, hour);
const book = (...dates: Date[]): WanUsage => dates.reduce((usage, date) => addUse(usage, MEGA, date), NO_USE);
const megas = (usage: WanUsage, capDay: number, now: Date): number =>
  monthUse(usage, capDay, now).rxBytes / 1_000_000;

test('a month begins on its day, in every month and over the turn of the year', () => {
  const usage = book(at(2025, 12, 14), at(2025, 12, 15, 0), at(2025, 12, 31, 23), at(2026, 1, 14, 23));
  expect(monthUse(usage, 15, at(2026, 1, 14, 23))).toEqual({
    since: '2025-12-15',
    rxBytes: 3_000_000,
    txBytes: 0,
  });
  expect(monthUse(usage, 15, at(2026, 1, 15, 0))).toMatchObject({ since: '2026-01-15', rxBytes: 0 });
  expect(megas(usage, 1, at(2025, 12, 31))).toBe(3);
  // Another day in the config counts what was booked before.
  expect(megas(usage, 28, at(2026, 1, 20))).toBe(2);
});

test('a clock that was never set books on the last day, and loses nothing when it is set', () => {
  const before = book(at(2025, 6, 20), at(2025, 6, 20));
  const unset = addUse(before, MEGA, at(1970, 1, 1));
  expect(megas(unset, 1, at(1970, 1, 1))).toBe(3);
  expect(megas(addUse(unset, MEGA, at(2025, 6, 21)), 1, at(2025, 6, 21))).toBe(4);
});

test('what is counted before any clock was ever set belongs to the first day that is known', () => {
  const unset = book(at(1970, 1, 1), at(1970, 1, 2));
  expect(monthUse(unset, 1, at(1970, 1, 2))).toEqual({ since: undefined, rxBytes: 2_000_000, txBytes: 0 });
  expect(megas(unset, 1, at(2025, 6, 21))).toBe(2);
  const set = addUse(unset, MEGA, at(2025, 6, 21));
  expect(megas(set, 1, at(2025, 6, 21))).toBe(3);
  expect(megas(set, 1, at(2025, 7, 1))).toBe(0);
});

test('a clock that is wrong for a while, ahead or behind, spoils no count', () => {
  const right = book(at(2025, 6, 20), at(2025, 6, 21));
  const wrong = [at(2038, 1, 19), at(2025, 5, 1)].reduce((usage, date) => addUse(usage, MEGA, date), right);
  expect(megas(wrong, 1, at(2038, 1, 19))).toBe(1);
  expect(megas(wrong, 1, at(2025, 6, 22))).toBe(2);
});

test('every byte of a month is in it, and the record stays small', () => {
  let usage = NO_USE;
  const day = at(2025, 1, 1);
  for (let i = 0; i < 400; i++) {
    usage = addUse(usage, { rxBytes: 2, txBytes: 1 }, day);
    day.setDate(day.getDate() + 1);
  }
  day.setDate(day.getDate() - 1); // 4 February 2026
  expect(monthUse(usage, 5, day)).toEqual({ since: '2026-01-05', rxBytes: 62, txBytes: 31 });
  expect(Object.keys(usage.days).length).toBeLessThanOrEqual(70);
});

test('counters that fall are those of a new interface', () => {
  expect(countSince({ rxBytes: 10, txBytes: 5 }, { rxBytes: 30, txBytes: 6 })).toEqual({
    rxBytes: 20,
    txBytes: 1,
  });
  expect(countSince({ rxBytes: 1000, txBytes: 500 }, { rxBytes: 30, txBytes: 600 })).toEqual({
    rxBytes: 30,
    txBytes: 600,
  });
  const count = fc.record({ rxBytes: fc.nat(), txBytes: fc.nat() });
  fc.assert(
    fc.property(count, count, (before, now) => {
      const { rxBytes, txBytes } = countSince(before, now);
      expect(Math.min(rxBytes, txBytes)).toBeGreaterThanOrEqual(0);
    }),
  );
});
