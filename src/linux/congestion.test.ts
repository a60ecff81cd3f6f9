import { expect, test } from 'vitest';
import { requireCongestion } from './congestion.ts';

test('reno is in every kernel, and an unknown name is told', () => {
  requireCongestion(undefined);
  requireCongestion('reno');
  expect(() => requireCongestion('nope')).toThrow(
    'the congestion control "nope" cannot be used here: ENOENT',
  );
});
