import { expect, test } from 'vitest';
import type { MonthlyCap } from '../../config/wan.ts';
import { capState, tierInForce } from './tier-in-force.ts';

const CAP: MonthlyCap = { bytes: 50e9, warnRatio: 0.8, past: 'backup' };

test.each([
  [0, 'within'],
  [39.9e9, 'within'],
  [40e9, 'warn'],
  [49.9e9, 'warn'],
  [50e9, 'past'],
] as const)('%i bytes of 50 GB are %s', (used, state) => expect(capState(CAP, used)).toBe(state));

test('past its cap a WAN becomes what the config says, and never more than it was', () => {
  expect(tierInForce('active', CAP, 49e9, undefined)).toEqual({ tier: 'active', reason: undefined });
  expect(tierInForce('active', CAP, 50e9, undefined)).toEqual({
    tier: 'backup',
    reason: 'its 50GB of this month are used up',
  });
  expect(tierInForce('overflow', { ...CAP, past: 'off' }, 50e9, undefined).tier).toBe('off');
  expect(tierInForce('off', CAP, 50e9, undefined)).toEqual({ tier: 'off', reason: undefined });
  expect(tierInForce('overflow', undefined, 1e15, undefined).tier).toBe('overflow');
});

test('a hand counts more than the cap', () => {
  expect(tierInForce('backup', CAP, 60e9, 'active')).toEqual({ tier: 'active', reason: 'by hand' });
});
