import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { locateToml } from './locate.ts';
import { ConfigError, formatPath } from './problem.ts';

const TEXT = `top = 1
[a]
x.y = "v"
"q r" = [1, { k = true }]
[[b]]
n = 1
[[b]]
  n = 2
[b.sub]
z = 0x10
`;

describe('positions', () => {
  const toml = locateToml(TEXT, 'f');
  it.each([
    [['top'], 'key', 1, 1],
    [['top'], 'value', 1, 7],
    [['a'], 'key', 2, 2],
    [['a', 'x', 'y'], 'value', 3, 7],
    [['a', 'x'], 'key', 3, 1],
    [['a', 'q r', 1, 'k'], 'key', 4, 15],
    [['a', 'q r', 1, 'k'], 'value', 4, 19],
    [['a', 'q r', 0], 'value', 4, 10],
    [['b', 1, 'n'], 'value', 8, 7],
    [['b', 1], 'key', 7, 3],
    [['b', 1, 'sub', 'z'], 'value', 10, 5],
    [['b', 1, 'missing'], 'value', 7, 3],
    [['missing'], 'key', 1, 1],
  ] as const)('of %j, the %s', (path, part, line, column) => {
    expect(toml.positionOf(path, part)).toEqual({ line, column });
  });

  it('come with the values', () => {
    expect(structuredClone(toml.value)).toEqual({
      top: 1,
      a: { x: { y: 'v' }, 'q r': [1, { k: true }] },
      b: [{ n: 1 }, { n: 2, sub: { z: 16 } }],
    });
    expect(toml.valueAt(['b', 1, 'sub', 'z'])).toBe(16);
    expect(toml.valueAt(['b', 2])).toBeUndefined();
  });

  it('of any text either are found or the text is refused with a position', () => {
    const pieces = fc.constantFrom(
      '[',
      ']',
      'a',
      '=',
      '"',
      '.',
      '\n',
      '1',
      '{',
      '}',
      ',',
      ' ',
      '#',
      '\uFEFF',
      '\u0000',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
        try {
          locateToml(parts.join(''), 'f');
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
          expect((error as ConfigError).problems[0]?.line).toBeGreaterThan(0);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

it('a path is shown as it is written', () => {
  expect(formatPath(['wan', 1, 'a b', 'key-id'])).toBe('wan[1]."a b".key-id');
});
