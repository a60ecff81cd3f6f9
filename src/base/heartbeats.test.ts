// Heartbeats: who counts as stuck, and when.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createHeartbeats, heartOf, watchHeartbeats } from './heartbeats.ts';

const STUCK_AFTER_MS = 3500;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('a watch over heartbeats', () => {
  test('names the one that beat once and stopped, not the one that beats and not the one that still loads', () => {
    const memory = createHeartbeats(3);
    const stuck: number[] = [];
    const timer = watchHeartbeats(memory, STUCK_AFTER_MS, (index) => stuck.push(index));
    const [stopped, alive] = [heartOf(memory, 0), heartOf(memory, 1)];
    stopped();
    const beating = setInterval(alive, 100);
    vi.advanceTimersByTime(STUCK_AFTER_MS - 1);
    expect(stuck).toEqual([]);
    vi.advanceTimersByTime(500);
    expect(new Set(stuck)).toEqual(new Set([0]));
    clearInterval(beating);
    clearInterval(timer);
  });

  test('takes a beat after a long pause for life', () => {
    const memory = createHeartbeats(1);
    const stuck: number[] = [];
    const timer = watchHeartbeats(memory, STUCK_AFTER_MS, (index) => stuck.push(index));
    const beat = heartOf(memory, 0);
    for (let i = 0; i < 5; i++) {
      beat();
      vi.advanceTimersByTime(STUCK_AFTER_MS - 500);
    }
    expect(stuck).toEqual([]);
    clearInterval(timer);
  });
});
