import { expect, test } from 'vitest';
import { IdleShare } from './idle-share.ts';

test('is that of the last whole interval', () => {
  const idle = new IdleShare(1000);
  expect(idle.at(1100, 10)).toBe(1);
  expect(idle.at(1400, 100)).toBe(0.25);
  // The interval that follows is too young to be judged.
  expect(idle.at(1500, 200)).toBe(0.25);
  expect(idle.at(1800, 500)).toBe(1);
});

test('an interval without a question counts as a whole', () => {
  const idle = new IdleShare(0);
  expect(idle.at(10_000, 9000)).toBe(0.9);
});

test('a wait that began before the interval makes it no more than idle', () => {
  const idle = new IdleShare(1000);
  expect(idle.at(1300, 500)).toBe(1);
});
