import { expect, test } from 'vitest';
import { within } from './within.ts';

test('says whether the end came in time, and passes a failure on', async () => {
  expect(await within(Promise.resolve('anything'), 10_000)).toBe(true);
  expect(await within(new Promise(() => undefined), 1)).toBe(false);
  await expect(within(Promise.reject(new Error('broken')), 10_000)).rejects.toThrow('broken');
});
