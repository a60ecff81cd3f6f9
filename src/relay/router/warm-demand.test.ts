import { expect, test } from 'vitest';
import { Demand } from './warm-demand.ts';

test('nothing is wanted before a flow has begun, and a minute after the last', () => {
  const demand = new Demand();
  expect([demand.wanted(0, 8), demand.isThere(0)]).toEqual([0, false]);
  demand.note(1000);
  expect(demand.wanted(1000, 8)).toBe(2);
  expect([demand.wanted(61_000, 8), demand.isThere(61_000)]).toEqual([2, true]);
  expect([demand.wanted(61_001, 8), demand.isThere(61_001)]).toEqual([0, false]);
});

test('a burst is remembered, up to the limit', () => {
  const demand = new Demand();
  for (let i = 0; i < 5; i++) demand.note(1000 + i * 10);
  expect(demand.wanted(2000, 8)).toBe(6);
  expect(demand.wanted(2000, 4)).toBe(4);
  expect(demand.wanted(2000, 0)).toBe(0);
});

test('slow making needs more of them for the same flows', () => {
  const [quick, slow] = [new Demand(), new Demand()];
  for (let i = 0; i < 50; i++) {
    quick.took(20);
    slow.took(2000);
    for (const one of [quick, slow]) one.note(i * 100);
  }
  expect(quick.wanted(5000, 100)).toBe(2);
  expect(slow.wanted(5000, 100)).toBeGreaterThan(20);
});

test('flows without end take no memory without end', () => {
  const demand = new Demand();
  for (let i = 0; i < 10_000; i++) demand.note(i);
  expect(demand.wanted(10_000, 1000)).toBeLessThanOrEqual(257);
});
