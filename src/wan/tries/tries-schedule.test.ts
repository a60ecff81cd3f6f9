import { expect, test } from 'vitest';
import { TriesSchedule } from './tries-schedule.ts';

const MINUTE_MS = 60_000;

function tried(outcome: 'kept' | 'lost' | 'unknown'): TriesSchedule {
  const schedule = new TriesSchedule();
  expect(schedule.isDue(0)).toBe(true);
  schedule.onBegin(0);
  expect(schedule.isDue(100 * MINUTE_MS)).toBe(false);
  schedule.onEnd(outcome, 0);
  return schedule;
}

test('again every minute while something is lost, every quarter of an hour otherwise', () => {
  expect(tried('lost').isDue(MINUTE_MS - 1)).toBe(false);
  expect(tried('lost').isDue(MINUTE_MS)).toBe(true);
  expect(tried('kept').isDue(15 * MINUTE_MS - 1)).toBe(false);
  expect(tried('kept').isDue(15 * MINUTE_MS)).toBe(true);
});

test('a plain flow hastens it, once in ten seconds, and only where it is news', () => {
  const kept = tried('kept');
  kept.onPlainFlow();
  expect(kept.isDue(9000)).toBe(false);
  expect(kept.isDue(10_000)).toBe(true);
  const lost = tried('lost');
  lost.onPlainFlow();
  expect(lost.isDue(30_000)).toBe(false);
  const running = tried('kept');
  running.onBegin(15 * MINUTE_MS);
  running.onPlainFlow();
  expect(running.isDue(16 * MINUTE_MS)).toBe(false);
});
