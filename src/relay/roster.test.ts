// Who is in a roster, and who is met on the way through it while others come and go.
import { expect, test } from 'vitest';
import { type Listed, Roster, UNLISTED } from './roster.ts';

interface Named extends Listed {
  readonly name: string;
}

const named = (name: string): Named => ({ name, rosterPlace: UNLISTED });
const names = (roster: Iterable<Named>): string[] => [...roster].map(({ name }) => name).toSorted();

function rosterOf(...all: Named[]): Roster<Named> {
  const roster = new Roster<Named>();
  for (const one of all) roster.add(one);
  return roster;
}

test('holds each once, until it is taken out', () => {
  const [a, b, c] = [named('a'), named('b'), named('c')] as const;
  const roster = rosterOf(a, b, a, c);
  expect([roster.size, names(roster)]).toEqual([3, ['a', 'b', 'c']]);
  roster.delete(a);
  roster.delete(a);
  expect([roster.size, names(roster), roster.has(a), roster.has(c)]).toEqual([2, ['b', 'c'], false, true]);
  roster.add(a);
  roster.delete(c);
  roster.delete(b);
  expect([names(roster), roster.has(a)]).toEqual([['a'], true]);
});

test('one that is in another roster is not taken out of it', () => {
  const [a, b] = [named('a'), named('b')] as const;
  const [mine, other] = [rosterOf(a), rosterOf(b)];
  mine.delete(b);
  expect([names(mine), names(other), other.has(b)]).toEqual([['a'], ['b'], true]);
});

test('on the way through it, whoever has left is not met, and all others are', () => {
  const all = ['a', 'b', 'c', 'd', 'e'].map(named);
  const [a, b, , d] = all as [Named, Named, Named, Named];
  const roster = rosterOf(...all);
  const met = new Set<string>();
  for (const one of roster) {
    met.add(one.name);
    if (one !== d) continue;
    for (const gone of [d, b, a]) roster.delete(gone);
  }
  expect([...met].toSorted()).toEqual(['c', 'd', 'e']);
  for (const one of roster) roster.delete(one);
  expect(roster.size).toBe(0);
});
