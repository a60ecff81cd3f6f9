import { expect, test } from 'vitest';
import { workerCount } from './relay-settings.ts';

const CONVERT = [{ transport: 'convert' }];
const SHADOWSOCKS = [...CONVERT, { transport: 'shadowsocks' }];
const AUTO = { workers: 'auto' } as const;

test.each([
  [1, 1, 1],
  [2, 1, 2],
  [3, 1, 3],
  [4, 2, 4],
  [16, 4, 4],
])('of %i cores "auto" takes %i, with ciphers %i', (cores, plain, sealed) => {
  expect(workerCount(AUTO, CONVERT, cores)).toBe(plain);
  expect(workerCount(AUTO, SHADOWSOCKS, cores)).toBe(sealed);
});

test('a number is taken as it is', () => {
  expect(workerCount({ workers: 7 }, CONVERT, 2)).toBe(7);
});
