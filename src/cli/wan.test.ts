// What `wanbond wan NAME TIER` answers.
import { expect, test } from 'vitest';
import type { TierStatus } from '../router/wans/tier-keeper.ts';
import { said } from './wan.ts';

test('the command that takes it back can be typed as it stands', () => {
  const status = { tier: 'backup', override: 'backup' } as TierStatus;
  expect(said('lte', status, undefined)).toContain('until `wanbond wan lte auto` or');
  expect(said('lte', status, '/tmp/r.toml')).toContain('until `wanbond wan lte auto -c /tmp/r.toml` or');
});
