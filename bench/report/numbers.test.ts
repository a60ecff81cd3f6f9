// How numbers are shown.
import { expect, test } from 'vitest';
import { range, significant } from './numbers.ts';

test.each([
  [0.012_345, '0.0123'],
  [12_345, '12,300'],
  [-1.73e-16, '0'],
])('%d is shown as %s', (value, text) => {
  expect(significant(value)).toBe(text);
});

test('what is left of a difference that is none makes no range', () => {
  expect(range(-2.78e-15, 0)).toBeUndefined();
});
