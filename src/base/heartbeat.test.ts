// Heartbeats: who counts as stuck, and when.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createHeartbeat, heartOf, watchHeartbeat } from './heartbeat.ts';

const STUCK_AFTER_MS = 3500;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function watched() {
  const memory = createHeartbeat();
  const onStuck = vi.fn();
  watchHeartbeat(memory, STUCK_AFTER_MS, onStuck);
  return { beat: heartOf(memory), onStuck };
}

describe('a watch over a heartbeat', () => {
  test('tells when it beat once and stopped', () => {
    const { beat, onStuck } = watched();
    beat();
    vi.advanceTimersByTime(STUCK_AFTER_MS - 1);
    expect(onStuck).not.toHaveBeenCalled();
    vi.advanceTimersByTime(500);
    expect(onStuck).toHaveBeenCalled();
  });

  test('says nothing of one that beats, and of one that still loads', () => {
    const [alive, loading] = [watched(), watched()];
    setInterval(alive.beat, 100);
    vi.advanceTimersByTime(2 * STUCK_AFTER_MS);
    expect(alive.onStuck).not.toHaveBeenCalled();
    expect(loading.onStuck).not.toHaveBeenCalled();
  });

  test('takes a beat after a long pause for life', () => {
    const { beat, onStuck } = watched();
    for (let i = 0; i < 5; i++) {
      beat();
      vi.advanceTimersByTime(STUCK_AFTER_MS - 500);
    }
    expect(onStuck).not.toHaveBeenCalled();
  });
});
