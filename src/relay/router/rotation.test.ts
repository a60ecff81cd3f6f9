import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Rotation } from './rotation.ts';

const firsts = (shares: readonly number[], turns: number): number[] => {
  const rotation = new Rotation(
    shares.map((share, index) => ({ share, index })),
    () => 0,
  );
  return Array.from({ length: turns }, () => rotation.next()[0]?.index ?? -1);
};

test('shares are kept in any short run, and mixed', () => {
  expect(firsts([5, 1, 1], 7)).toEqual([0, 0, 1, 0, 2, 0, 0]);
});

test('nobody without a share is first, unless nobody has one', () => {
  expect(new Set(firsts([1, 0, 1], 20))).toEqual(new Set([0, 2]));
  expect(firsts([0, 0], 3)).toEqual([0, 0, 0]);
  expect(firsts([], 1)).toEqual([-1]);
});

test('the others follow in their own order', () => {
  const rotation = new Rotation(
    ['a', 'b', 'c'].map((name) => ({ name, share: 1 })),
    () => 0,
  );
  const turns = Array.from({ length: 3 }, () =>
    rotation
      .next()
      .map(({ name }) => name)
      .join(''),
  );
  expect(turns.toSorted((a, b) => a.localeCompare(b))).toEqual(['abc', 'bac', 'cab']);
});

test('where it begins is left to chance, and nobody without a share gets one by it', () => {
  const begin = () => new Rotation([{ share: 2 }, { share: 0 }, { share: 1 }]).next()[0]?.share;
  const seen = new Set(Array.from({ length: 200 }, begin));
  expect(seen).toEqual(new Set([2, 1]));
});

test('in every run of turns each gets its share, within one turn', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 }), (shares) => {
      const total = shares.reduce((a, b) => a + b, 0);
      const seen = firsts(shares, total);
      shares.forEach((share, i) => expect(seen.filter((one) => one === i)).toHaveLength(share));
    }),
  );
});
