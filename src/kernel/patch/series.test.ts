import { expect, test } from 'vitest';
import { byBytes, seriesFileWith, withPatches } from './series.ts';

test('the order is that of the C locale', () => {
  expect(['690-b', '690_a', '100-z', '690-B', '0200-x'].toSorted(byBytes)).toEqual([
    '0200-x',
    '100-z',
    '690-B',
    '690-b',
    '690_a',
  ]);
});

test('new patches stand together where they sort', () => {
  expect(withPatches(['655-a', '700-b'], ['690-01-x', '690-02-y'], [])).toEqual([
    '655-a',
    '690-01-x',
    '690-02-y',
    '700-b',
  ]);
  expect(withPatches(['690-old', '700-b'], ['690-new'], ['690-old'])).toEqual(['690-new', '700-b']);
  expect(withPatches(['100-a'], ['690-x'])).toEqual(['100-a', '690-x']);
});

test('a series file keeps its comments and its order', () => {
  const text = '# first\n700-b.patch\n655-a.patch # why\n';
  expect(seriesFileWith(text, ['690-x.patch'], [])).toBe(
    '# first\n690-x.patch\n700-b.patch\n655-a.patch # why\n',
  );
  expect(seriesFileWith('690-old.patch\n', ['690-x.patch'], ['690-old.patch'])).toBe('690-x.patch\n');
});
