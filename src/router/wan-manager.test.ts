// A look at the WANs that failed is not the last one.
import pino from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { routerConfig } from './router-config.fixture.ts';
import { WanManager, type WanManagerParts } from './wan-manager.ts';

const decide = vi.fn(() => {
  throw new Error('no file descriptors');
});
let manager: WanManager;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  decide.mockClear();
  const parts = {
    judge: { health: new Map(), decide },
    journal: { entries: [] },
    log: pino({ level: 'silent' }),
  };
  manager = new WanManager(routerConfig(), parts as unknown as WanManagerParts);
});
afterEach(() => vi.useRealTimers());

test('what failed is tried again without an event, less often each time', () => {
  manager.update();
  expect(decide).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1000);
  expect(decide).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(1000);
  expect(decide).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(1000);
  expect(decide).toHaveBeenCalledTimes(3);
  manager.stop();
  vi.advanceTimersByTime(600_000);
  expect(decide).toHaveBeenCalledTimes(3);
});
