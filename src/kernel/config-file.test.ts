import fc from 'fast-check';
import { expect, test } from 'vitest';
import { configLine, parseConfig, setSymbols } from './config-file.ts';

const CONFIG = '# comment\nCONFIG_A=y\n# CONFIG_C is not set\nCONFIG_E="text"\nCONFIG_Z=m\n';

test('a config is read with what is not set', () => {
  expect([...parseConfig(CONFIG)]).toEqual([
    ['A', 'y'],
    ['C', 'n'],
    ['E', '"text"'],
    ['Z', 'm'],
  ]);
});

test('symbols are set where they stand or where they sort, and all else stays', () => {
  const { text, changes } = setSymbols(CONFIG, [
    { name: 'C', value: 'y' },
    { name: 'B', value: 'm' },
    { name: 'ZZ', value: 'n' },
    { name: 'E', value: 'text' },
    { name: 'D', value: '-5' },
  ]);
  expect(text).toBe(
    '# comment\nCONFIG_A=y\nCONFIG_B=m\nCONFIG_C=y\nCONFIG_D=-5\nCONFIG_E="text"\nCONFIG_Z=m\n# CONFIG_ZZ is not set\n',
  );
  expect(changes).toEqual([
    { name: 'C', before: 'n', after: 'y' },
    { name: 'B', before: undefined, after: 'm' },
    { name: 'ZZ', before: undefined, after: 'n' },
    { name: 'D', before: undefined, after: '-5' },
  ]);
});

test('any sorted config stays sorted, and holds what was set', () => {
  const name = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,6}$/);
  const value = fc.constantFrom('y', 'm', 'n', '12', 'some text');
  fc.assert(
    fc.property(fc.dictionary(name, value), fc.dictionary(name, value), (before, set) => {
      const names = Object.keys(before).toSorted();
      const config = names.map((one) => `${configLine(one, before[one] ?? '')}\n`).join('');
      const values = Object.entries(set).map(([one, text]) => ({ name: one, value: text }));
      const { text } = setSymbols(config, values);
      const lines = [...parseConfig(text)];
      expect(lines.map(([one]) => one)).toEqual([...new Set([...names, ...Object.keys(set)])].toSorted());
      for (const one of values) expect(parseConfig(text).get(one.name)?.replaceAll('"', '')).toBe(one.value);
      expect(setSymbols(text, values).changes).toEqual([]);
    }),
  );
});
