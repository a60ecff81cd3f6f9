import fc from 'fast-check';
import { expect, it } from 'vitest';
import { editDistance, suggest } from './suggest.ts';

it.each([
  ['interfces', 'interfaces'],
  ['Bypass_Ports', 'bypass-ports'],
  ['prot', 'port'],
  ['hedgedelay', 'hedge-delay'],
])('%s means %s', (word, meant) => {
  expect(suggest(word, ['interfaces', 'bypass-ports', 'port', 'hedge-delay'])).toBe(meant);
});

it('does not guess', () => expect(suggest('banana', ['port', 'interfaces'])).toBeUndefined());

it('is symmetric, zero only for equal words, and at most the longer length', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      const distance = editDistance(a, b);
      expect(distance).toBe(editDistance(b, a));
      expect(distance === 0).toBe(a === b);
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
});
