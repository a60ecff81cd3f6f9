import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseUci, renderUci, type UciSection } from './uci-text.ts';

const name = fc.stringMatching(/^\w{1,12}$/);
const type = fc.oneof(name, fc.stringMatching(/^[\x21-\x7e]{1,12}$/));
// Every character there is, those that mean something to the parser more often than by chance.
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom("'", '"', '\\', '\n', '\r\n', '#', ';', ' ', '\t'),
    ),
  )
  .map((parts) => parts.join('').replaceAll('\0', ''));
const value = text.filter((one) => one !== '');
const options = fc
  .array(fc.tuple(name, fc.oneof(value, fc.array(text, { minLength: 1, maxLength: 4 }))), { maxLength: 5 })
  .map((entries) => new Map(entries));
const sections: fc.Arbitrary<UciSection[]> = fc.uniqueArray(
  fc.record({ type, name: fc.option(name, { nil: undefined }), options }),
  { maxLength: 5, selector: (one) => one.name ?? Symbol('anonymous') },
);

function read(uci: string): UciSection[] {
  const { sections: found, problems } = parseUci(uci);
  expect(problems).toEqual([]);
  return found.map((one) => ({ type: one.type, name: one.name, options: one.options }));
}

const first = (uci: string): Record<string, string | readonly string[]> =>
  Object.fromEntries(read(uci)[0]?.options ?? []);

it('reads what it writes', () => {
  fc.assert(
    fc.property(sections, (all) => {
      expect(read(renderUci(all))).toEqual(all);
    }),
    { numRuns: 500 },
  );
});

it('writes as uci export does', () => {
  const wan = { type: 'wan', name: 'lte', options: new Map([['source', ['192.0.2.1', "it's"]]]) };
  expect(renderUci([wan, { type: 'lan', name: undefined, options: new Map([['x', 'a b']]) }])).toBe(
    "config wan 'lte'\n\tlist source '192.0.2.1'\n\tlist source 'it'\\''s'\n\nconfig lan\n\toption x 'a b'\n",
  );
});

it.each(['', 'a\0b'])('has no way to write %j', (bad) => {
  expect(() => renderUci([{ type: 't', name: undefined, options: new Map([['x', bad]]) }])).toThrow(
    RangeError,
  );
});

describe('a value', () => {
  it.each([
    ['a', 'a'],
    ['a # b', 'a'],
    ['a#b', 'a'],
    ["'a#b'", 'a#b'],
    [String.raw`a\ b`, 'a b'],
    [String.raw`a\#b`, 'a#b'],
    [String.raw`"a \"b\" \c"`, 'a "b" c'],
    [String.raw`'a\b'`, String.raw`a\b`],
    [String.raw`'it'\''s'`, "it's"],
    [`a"b c"'d e'f`, 'ab cd ef'],
    ["'two\nlines'", 'two\nlines'],
    ['"two\nlines"', 'two\nlines'],
    ['"one \\\nline"', 'one line'],
    ['a\\\nb', 'ab'],
    ['a\\\r\nb', 'ab'],
    ["'ä€😀'", 'ä€😀'],
    ['a\r', 'a'],
  ])('%j is %j', (written, meant) => {
    expect(first(`config t\noption x ${written}\noption y z\n`)).toEqual({ x: meant, y: 'z' });
  });
});

describe('sections and options', () => {
  it('lets the last option count, and an empty one not at all', () => {
    expect(first("config t\noption x a\noption x b\noption x ''\noption y\n")).toEqual({ x: 'b' });
  });

  it('adds lists to what is there', () => {
    expect(first('config t\noption x a\nlist x b\nlist x c\n')).toEqual({ x: ['a', 'b', 'c'] });
    expect(first('config t\nlist x b\noption x a\n')).toEqual({ x: 'a' });
  });

  it('goes on with a section of the same name, where it stands', () => {
    const all = read("config t a\noption x 1\nconfig t b\nconfig t 'a'\noption y 2\n");
    expect(all.map(({ name: of }) => of)).toEqual(['a', 'b']);
    expect(Object.fromEntries(all[0]?.options ?? [])).toEqual({ x: '1', y: '2' });
  });

  it('takes comments, indentation, package lines and the short words', () => {
    expect(read('# c\npackage net-work\n\n  c t   a # c\n\to x 1\n\tl y 2')).toEqual([
      {
        type: 't',
        name: 'a',
        options: new Map<string, unknown>([
          ['x', '1'],
          ['y', ['2']],
        ]),
      },
    ]);
  });

  it('knows where everything stands', () => {
    const [section] = parseUci("\nconfig wan 'lte'\n\toption a 'x\ny'\n\tlist b 1\n\tlist b 2\n").sections;
    expect(section?.at).toEqual({ line: 2, column: 8 });
    expect(Object.fromEntries(section?.optionsAt ?? [])).toEqual({
      a: [{ line: 3, column: 11 }],
      b: [
        { line: 5, column: 9 },
        { line: 6, column: 9 },
      ],
    });
  });
});

describe('what is no UCI', () => {
  it.each([
    ['option x 1', 1, 1, 'before the first section'],
    ['config t\nfoo bar', 2, 1, '"foo"'],
    ['config', 1, 1, 'no name'],
    ["config t\noption ''", 2, 1, 'no name'],
    ['config t a b', 1, 12, 'too many'],
    ['config t\noption x a b', 2, 12, 'too many'],
    ['config t a-b', 1, 10, '"a-b"'],
    ["config 't t'", 1, 8, 'type'],
    ['config t\noption rate-down 1', 2, 8, '"rate-down"'],
    ['package a/b', 1, 9, 'package'],
    ['config t a\nconfig u a', 2, 10, 'type t already'],
    ["config t\noption x 'a\noption y b", 2, 10, 'never closed'],
    ['config t\noption x "a', 2, 10, 'never closed'],
    ['config t; option x 1', 1, 9, 'semicolon'],
  ])('%j', (uci, line, column, message) => {
    const { problems } = parseUci(uci);
    expect(problems).toEqual([
      expect.objectContaining({ line, column, message: expect.stringContaining(message) as string }),
    ]);
    expect(problems[0]?.hint).toMatch(/\w/);
  });

  it('is told all at once, and the rest is read', () => {
    const { problems, sections: found } = parseUci('config t\nfoo\noption x 1\noption a b c\n');
    expect(problems.map(({ line }) => line)).toEqual([2, 4]);
    expect(found[0]?.options).toEqual(new Map([['x', '1']]));
  });

  it('never takes the parser down', () => {
    fc.assert(
      fc.property(text, (any) => {
        for (const { line, hint } of parseUci(any).problems) {
          expect(line).toBeLessThanOrEqual(any.split('\n').length);
          expect(hint).not.toBe('');
        }
      }),
    );
  });
});
