// What the report says of a round in which not all flows opened.
import { expect, test } from 'vitest';
import { notOpened } from './not-opened.ts';

const said = (last: Parameters<typeof notOpened>[2]): string =>
  notOpened(8900, 60_000, last, undefined).message;

test('how many opened, how many did not, and why', () => {
  expect(said({ open: 2500, failures: 320, lost: 0, failure: 'no answer within 10000 ms' })).toBe(
    '2,500 of 8,900 flows were open after 60 s, 320 attempts to open one had failed, the first for this reason: no answer within 10000 ms',
  );
});

test('flows that did not last', () => {
  expect(said({ open: 8000, failures: 0, lost: 1200, failure: 'the origin closed' })).toBe(
    '8,000 of 8,900 flows were open after 60 s, 1,200 had opened and broken, the first for this reason: the origin closed',
  );
});

test('none that failed yet: they are slow', () => {
  expect(said({ open: 8899, failures: 0, lost: 0 })).toBe('8,899 of 8,900 flows were open after 60 s');
});
