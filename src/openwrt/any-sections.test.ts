// Whatever stands in a UCI file, it is a config or it has mistakes.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseRouterConfig, parseServerConfig } from '../config/load.ts';
import { plainKeys } from '../config/schema-walk.ts';
import { optionName, sectionTypes } from './section-types.ts';
import { KEY, problemsOf, toml } from './uci-files.fixture.ts';
import { renderUci, type UciSection } from './uci-text.ts';

// Sections and options that there are, in any number and order, with values that are right now and then.
const anyValue = fc.oneof(
  fc.constantFrom(
    '1',
    '0',
    '5124',
    'auto',
    'convert',
    'socks5',
    'intercept',
    '192.0.2.1',
    '192.0.2.0/24',
    'br-lan',
  ),
  fc.constantFrom('10s', '50mbit', '50GB', '80%', '16MiB', 'backup', KEY, '0x10', '-1', '1e9', '__proto__'),
  fc.string({ minLength: 1 }).map((text) => text.replaceAll('\0', '')),
);
const anySection = (role: 'router' | 'server'): fc.Arbitrary<UciSection> =>
  fc.constantFrom(...sectionTypes(role)).chain(({ type, schema }) =>
    fc.record({
      type: fc.constant(type),
      name: fc.option(fc.constantFrom('a', 'b', 'c', 'main'), { nil: undefined }),
      options: fc
        .array(
          fc.tuple(
            fc.constantFrom(...plainKeys(schema).map(optionName), 'other'),
            fc.oneof(
              anyValue.filter((text) => text !== ''),
              fc.array(anyValue, { minLength: 1, maxLength: 3 }),
            ),
          ),
          { maxLength: 6 },
        )
        .map((entries) => new Map<string, string | readonly string[]>(entries)),
    }),
  );

it.each(['router', 'server'] as const)(
  'any sections of a %s are a config that the daemon takes, or mistakes',
  (role) => {
    const header = `config wanbond 'main'\n\toption role '${role}'\n`;
    const parse = role === 'router' ? parseRouterConfig : parseServerConfig;
    fc.assert(
      fc.property(fc.array(anySection(role), { maxLength: 6 }), (sections) => {
        const uci = header + renderUci(sections);
        const problems = problemsOf(uci);
        if (problems.length === 0) parse(toml(uci), 'd.toml');
        for (const one of problems) {
          expect(one.line).toBeGreaterThan(0);
          expect(one.hint).toMatch(/\w/);
        }
      }),
      { numRuns: 100 },
    );
  },
);
