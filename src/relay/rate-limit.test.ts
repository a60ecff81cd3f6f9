import { expect, test } from 'vitest';
import { RateLimit } from './rate-limit.ts';

test('the first line passes, the rest of the interval is counted and told', () => {
  const limit = new RateLimit(1000);
  expect(limit.pass('timeout', 'a', 0)).toEqual({ message: 'a', suppressed: 0 });
  expect(limit.pass('timeout', 'b', 10)).toBeUndefined();
  expect(limit.pass('timeout', 'c', 20)).toBeUndefined();
  expect(limit.pass('clock', 'd', 30)).toEqual({ message: 'd', suppressed: 0 });
  expect(limit.pass('timeout', 'e', 1000)).toEqual({ message: 'e', suppressed: 2 });
});

test('what was held back is told also when the reason never comes again', () => {
  const limit = new RateLimit(1000);
  limit.pass('timeout', 'a', 0);
  limit.pass('timeout', 'b', 10);
  limit.pass('timeout', 'c', 20);
  expect(limit.flush(999)).toEqual([]);
  expect(limit.flush(1000)).toEqual([{ reason: 'timeout', entry: { message: 'c', suppressed: 1 } }]);
  expect(limit.flush(5000)).toEqual([]);
});
