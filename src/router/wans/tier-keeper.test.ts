// Who carries by tier has changed: the keeper tells, also when it was a question of somebody else that changed it.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { routerConfig } from '../router-config.fixture.ts';
import { TierKeeper } from './tier-keeper.ts';

const A_LOOK_MS = 1000;
const onChange = vi.fn();
let keeper: TierKeeper;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onChange.mockReset();
  const config = routerConfig();
  const wans = config.wans.map((wan) => (wan.name === 'lte' ? { ...wan, tier: 'overflow' as const } : wan));
  const dataDir = join(tmpdir(), 'wanbond-no-such-folder');
  keeper = new TierKeeper({ ...config, wans, dataDir }, pino({ level: 'silent' }), onChange);
  keeper.start();
});
afterEach(async () => {
  await keeper.stop();
  vi.useRealTimers();
});

test('a decision that was asked for between two looks is told once, at the next look', () => {
  expect(keeper.decideFor(new Set(['lte'])).overflow?.wans).toEqual(['lte']);
  expect(onChange).not.toHaveBeenCalled();
  vi.advanceTimersByTime(3 * A_LOOK_MS);
  expect(onChange).toHaveBeenCalledTimes(1);
});

test('nothing is told of an answer that is the one from before', () => {
  keeper.decideFor(new Set(['dsl', 'lte']));
  vi.advanceTimersByTime(3 * A_LOOK_MS);
  expect(onChange).not.toHaveBeenCalled();
});
