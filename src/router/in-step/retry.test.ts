// How often what has failed is tried again.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Retry } from './retry.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('what fails again and again is tried less often, and soon again after it has succeeded', () => {
  const act = vi.fn(() => {
    retry.later();
    retry.settle();
  });
  const retry = new Retry(act);
  retry.later();
  vi.advanceTimersByTime(7_000);
  expect(act).toHaveBeenCalledTimes(3);
  vi.advanceTimersByTime(600_000);
  // After 1, 3, 7, 15, 31 and 63 seconds, and then each minute.
  expect(act).toHaveBeenCalledTimes(15);
  vi.advanceTimersByTime(120_000);
  expect(act).toHaveBeenCalledTimes(17);
  retry.cancel();
  retry.settle();
  retry.later();
  vi.advanceTimersByTime(1_000);
  expect(act).toHaveBeenCalledTimes(18);
});

test('failures while a try is due do not put it off', () => {
  const act = vi.fn();
  const retry = new Retry(act);
  for (let i = 0; i < 4; i++) {
    retry.later();
    vi.advanceTimersByTime(300);
  }
  expect(act).toHaveBeenCalledTimes(1);
});
