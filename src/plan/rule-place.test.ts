import { expect, test } from 'vitest';
import { ruleFact as rule } from './rule-fact.fixture.ts';
import { isOurs, rulePriority, rulesBefore } from './rule-place.ts';

const MARK = 0x4000_0000;
const CONFIG = { devices: ['br-lan'], rulePriority: 800, table: 7780, mark: MARK, mask: MARK };

const OURS = rule(800, { device: 'br-lan', mark: MARK, mask: MARK, table: 7780 });
const LOCAL = rule(0, { table: 255 });
const WG_QUICK = rule(799, { isNegated: true, mark: 51_820, table: 51_820 });
const WG_QUICK_MAIN = rule(798, { table: 254, suppressPrefixLength: 0 });

test('as configured, while nobody before it takes carried flows', () => {
  const harmless = [
    LOCAL,
    OURS,
    rule(700, { mark: 0x100, mask: 0x3f00 }),
    rule(600, { device: 'eth1' }),
    rule(500, { isNarrow: true }),
    WG_QUICK_MAIN,
    rule(900),
  ];
  expect(rulePriority(harmless, CONFIG)).toBe(800);
  expect(isOurs(OURS, CONFIG)).toBe(true);
  expect(isOurs(WG_QUICK, CONFIG)).toBe(false);
});

test('before wg-quick that came later, and back when it is gone', () => {
  const moved = { ...OURS, priority: 797 };
  expect(rulePriority([LOCAL, WG_QUICK, WG_QUICK_MAIN, OURS], CONFIG)).toBe(797);
  // Ours does not stand in its own way.
  expect(rulePriority([LOCAL, moved, WG_QUICK_MAIN, WG_QUICK], CONFIG)).toBe(797);
  expect(rulePriority([LOCAL, moved], CONFIG)).toBe(800);
});

test('before the first of several, also one of the LAN alone or with the same priority', () => {
  const lan = rule(300, { device: 'br-lan' });
  expect(rulesBefore([WG_QUICK, rule(800), lan], CONFIG).map(({ priority }) => priority)).toEqual([
    300, 799, 800,
  ]);
  expect(rulePriority([WG_QUICK, lan, rule(299, { isNarrow: true })], CONFIG)).toBe(298);
});

test('no room before priority 1', () => {
  expect(rulePriority([rule(1)], CONFIG)).toBeUndefined();
});
