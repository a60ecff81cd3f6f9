// The house rule: imports go down the list of rooms, never up, and never between router and server.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const SRC = import.meta.dirname;
const BENCH = join(SRC, '../bench');
const PACKAGING = join(SRC, '../packaging');
const ROOMS = [
  'main.ts',
  'cli',
  'lab',
  'openwrt',
  'kernel',
  'control',
  'setup',
  'router',
  'server',
  'daemon',
  'wan',
  'relay',
  'transport',
  'linux',
  'config',
  'plan',
  'base',
] as const;

interface Import {
  readonly from: string;
  readonly to: string;
}

function sources(dir = SRC): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
  );
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, to]) => ({
    from: file,
    to: to?.startsWith('.') ? relative(SRC, resolve(SRC, dirname(file), to)) : (to ?? ''),
  }));
}

const SIDE = /^(?:relay\/)?(router|server)\//;

function areStrangers(from: string, to: string): boolean {
  const [one, other] = [SIDE.exec(from)?.[1], SIDE.exec(to)?.[1]];
  return one !== undefined && other !== undefined && one !== other;
}

const roomOf = (file: string): string => file.split('/')[0] ?? file;

/** Why an import is forbidden, or undefined. */
function complaint({ from, to }: Import): string | undefined {
  if (to === 'koffi') {
    return roomOf(from) === 'linux' ? undefined : `${from} imports koffi: system calls belong to linux/`;
  }
  if (!to.endsWith('.ts')) return undefined;
  const [upper, lower] = [roomOf(from), roomOf(to)];
  const [from_, to_] = [upper, lower].map((room) => ROOMS.indexOf(room as (typeof ROOMS)[number]));
  if (from_ === -1 || to_ === -1) return `${from} imports ${to}: a room that is not on the list`;
  if (areStrangers(from, to)) return `${from} imports ${to}: router and server are strangers`;
  if ((from_ as number) > (to_ as number)) return `${from} imports ${to}: ${lower}/ lies above ${upper}/`;
  return undefined;
}

test('imports go down the house', () => {
  const all = sources().flatMap(importsOf);
  expect(all.length).toBeGreaterThan(100);
  expect(all.map(complaint).filter((one) => one !== undefined)).toEqual([]);
});

test('every room is there', () => {
  expect(readdirSync(SRC)).toEqual(expect.arrayContaining([...ROOMS]));
});

test('the rule can fail', () => {
  expect(complaint({ from: 'base/log.ts', to: 'relay/loop.ts' })).toContain('lies above');
  expect(complaint({ from: 'router/a.ts', to: 'server/b.ts' })).toContain('strangers');
  expect(complaint({ from: 'relay/server/a.ts', to: 'relay/router/b.ts' })).toContain('strangers');
  expect(complaint({ from: 'relay/router/a.ts', to: 'relay/flow/b.ts' })).toBeUndefined();
  expect(complaint({ from: 'relay/a.ts', to: 'koffi' })).toContain('linux/');
  expect(complaint({ from: 'attic/a.ts', to: 'base/b.ts' })).toContain('not on the list');
  expect(complaint({ from: 'lab/a.ts', to: '../bench/b.ts' })).toContain('not on the list');
});

test('what the tests need for themselves is used by tests alone', () => {
  const borrowed = [BENCH, PACKAGING].flatMap((dir) =>
    sources(dir).filter((file) => /'[./]*\/test\//.test(readFileSync(join(dir, file), 'utf8'))),
  );
  const own = sources()
    .flatMap(importsOf)
    .filter(({ to }) => to.startsWith('../test/'));
  expect([...borrowed, ...own]).toEqual([]);
});

test('every file opens with a sentence that says what it is for', () => {
  const silent = (dir: string): string[] =>
    sources(dir).filter((file) => {
      const [first = '', second = ''] = readFileSync(join(dir, file), 'utf8').split('\n');
      return !(first.startsWith('#!') ? second : first).startsWith('// ');
    });
  expect(sources(BENCH)).toContain('results.ts');
  expect([SRC, BENCH, PACKAGING].flatMap(silent)).toEqual([]);
});
