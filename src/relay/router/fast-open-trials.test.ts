import { expect, test } from 'vitest';
import { FastOpenTrials } from './fast-open-trials.ts';

const dsl = { name: 'dsl', mayFastOpen: true, isSilent: false };
const lte = { name: 'lte', mayFastOpen: true, isSilent: false };

function begin() {
  const off: string[] = [];
  const trials = new FastOpenTrials((wan) => off.push(wan));
  trials.update([dsl, lte]);
  return { trials, off };
}

test('three refusals in a row switch a WAN off, once, and only that one', () => {
  const { trials, off } = begin();
  for (let i = 0; i < 2; i++) trials.note('dsl', 'refused', 0);
  expect(trials.mayUse('dsl', 0)).toBe(true);
  // Flows that were under way by then.
  for (let i = 0; i < 3; i++) trials.note('dsl', 'refused', 0);
  expect(trials.mayUse('dsl', 0)).toBe(false);
  expect(trials.mayUse('lte', 0)).toBe(true);
  expect(off).toEqual(['dsl']);
});

test('one that was taken in between begins the count anew', () => {
  const { trials, off } = begin();
  for (const outcome of ['refused', 'refused', 'taken', 'refused', 'refused'] as const)
    trials.note('dsl', outcome, 0);
  expect(trials.mayUse('dsl', 0)).toBe(true);
  expect(off).toEqual([]);
});

test('silence spares the WAN until it is clear that it lives, and counts then', () => {
  const { trials, off } = begin();
  for (let nowMs = 0; nowMs < 9000; nowMs += 3000) {
    expect(trials.mayUse('dsl', nowMs)).toBe(true);
    // All the flows of that moment.
    for (let i = 0; i < 5; i++) trials.note('dsl', 'silent', nowMs);
    expect(trials.mayUse('dsl', nowMs + 1000)).toBe(false);
  }
  expect(off).toEqual([]);
  expect(trials.mayUse('dsl', 9000)).toBe(false);
  expect(off).toEqual(['dsl']);
});

test('the silence of a WAN that has died counts for nothing', () => {
  const { trials, off } = begin();
  for (const gone of [[{ ...dsl, isSilent: true }, lte], [lte]]) {
    for (let i = 0; i < 3; i++) {
      trials.note('dsl', 'silent', 0);
      trials.update(gone);
      trials.update([dsl, lte]);
      expect(trials.mayUse('dsl', 5000)).toBe(true);
    }
  }
  expect(off).toEqual([]);
});

test('unknown WANs and those that may not have none; allowed again, they begin anew', () => {
  const { trials, off } = begin();
  expect(trials.mayUse('cable', 0)).toBe(false);
  for (let i = 0; i < 3; i++) trials.note('dsl', 'refused', 0);
  trials.update([{ ...dsl, mayFastOpen: false }]);
  expect(trials.mayUse('dsl', 0)).toBe(false);
  trials.update([dsl]);
  for (let i = 0; i < 2; i++) trials.note('dsl', 'refused', 0);
  expect(trials.mayUse('dsl', 0)).toBe(true);
  trials.note('dsl', 'refused', 0);
  expect(off).toEqual(['dsl', 'dsl']);
});
