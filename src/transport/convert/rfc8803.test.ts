// docs/rfc8803.md names a test for each thing that RFC 8803 asks: they have to exist.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const PAGE = readFileSync(join(ROOT, 'docs/rfc8803.md'), 'utf8');

interface Row {
  readonly asked: string;
  readonly done: string;
  readonly tests: readonly { readonly file: string; readonly title: string }[];
  readonly rest: string;
}

const REFERENCE = /`([^`]+\.test\.ts)` "([^"]+)"/g;

function rowsOf(page: string): Row[] {
  const lines = page.split('\n').filter((line) => /^\| \d/.test(line));
  return lines.map((line) => {
    const [, , , asked = '', done = '', shown = ''] = line.split('|').map((cell) => cell.trim());
    const tests = [...shown.matchAll(REFERENCE)].map(([, file = '', title = '']) => ({ file, title }));
    return { asked, done, tests, rest: shown.replaceAll(REFERENCE, '').replaceAll('; ', '') };
  });
}

/** Why a reference leads nowhere, or undefined. */
function complaint({ file, title }: Row['tests'][number]): string | undefined {
  const path = join(ROOT, file.includes('/') ? file : `src/transport/convert/${file}`);
  if (!existsSync(path)) return `${file} is not there`;
  // A title as it stands in the source, or its beginning; of a table of cases the name of one, or a comment in it.
  const isThere = ["'", '"', '`', '// '].some((quote) => readFileSync(path, 'utf8').includes(quote + title));
  return isThere ? undefined : `${file} has no "${title}"`;
}

it('every row has a test, or says why not', () => {
  const rows = rowsOf(PAGE);
  expect(rows.length).toBeGreaterThan(70);
  const bare = rows.filter(
    ({ done, tests, rest }) =>
      !(rest === '' && tests.length > 0) && !(rest === '-' && /\*\*(Deviates|operator)\*\*/.test(done)),
  );
  expect(bare.map(({ asked, rest }) => `${asked} ${rest}`)).toEqual([]);
});

it('every test that is named exists', () => {
  expect(
    rowsOf(PAGE)
      .flatMap(({ tests }) => tests)
      .flatMap((test) => complaint(test) ?? []),
  ).toEqual([]);
});

it('the check can fail', () => {
  expect(complaint({ file: 'foreign.test.ts', title: 'no such title' })).toContain('has no');
  expect(complaint({ file: 'test/nowhere.test.ts', title: 'x' })).toContain('is not there');
  const [row] = rowsOf('| 6 | MUST | a | b | `c.test.ts` "d"; see there |');
  expect(row).toMatchObject({ rest: 'see there', tests: [{ file: 'c.test.ts', title: 'd' }] });
});
