import * as fc from 'fast-check';
import { getStaticTOMLValue, parseTOML } from 'toml-eslint-parser';
import { expect, test } from 'vitest';
import { renderToml } from './toml-writer.ts';

const scalar = fc.oneof(fc.string(), fc.boolean(), fc.integer({ min: -1e9, max: 1e9 }));
const key = fc.string({ minLength: 1 }).filter((k) => k !== '__proto__');
const plain = fc.dictionary(key, fc.oneof(scalar, fc.array(fc.string())), {
  maxKeys: 4,
  noNullPrototype: true,
});
const table = fc.dictionary(key, fc.oneof(scalar, plain, fc.array(plain, { minLength: 1, maxLength: 3 })), {
  maxKeys: 5,
  noNullPrototype: true,
});

test('what is written is read back as it was', () => {
  fc.assert(
    fc.property(table, (data) => {
      expect(getStaticTOMLValue(parseTOML(renderToml(data)))).toEqual(data);
    }),
  );
});
