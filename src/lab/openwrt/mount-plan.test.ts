import { expect, test } from 'vitest';
import { mountPlan } from './mount-plan.ts';
import { shellWord } from './shell-word.ts';

const { root, script } = mountPlan('/t/at', ['/over', "/a: b's, c"]);
const lines = script.split('\n');

test('what is given is only read, below a layer in memory', () => {
  expect(root).toBe('/t/at/root');
  expect(lines.slice(0, 7)).toEqual([
    'mount -t tmpfs -o mode=755 none /t/at',
    'mkdir /t/at/up /t/at/work /t/at/root /t/at/lower0 /t/at/lower1',
    'mount --bind /over /t/at/lower0',
    'mount -o remount,bind,ro /t/at/lower0',
    String.raw`mount --bind '/a: b'\''s, c' /t/at/lower1`,
    'mount -o remount,bind,ro /t/at/lower1',
    'mount -t overlay none -o lowerdir=/t/at/lower0:/t/at/lower1,upperdir=/t/at/up,workdir=/t/at/work /t/at/root',
  ]);
});

test('all else is mounted in the root, after it', () => {
  const later = lines.slice(7).filter((line) => line.startsWith('mount'));
  expect(later).toContain('mount -t tmpfs -o mode=1777 none /t/at/root/tmp');
  expect(later).toContain('mount --bind /dev/urandom /t/at/root/dev/urandom');
  for (const line of later) expect(line.split(' ').at(-1)).toMatch(/^\/t\/at\/root\//);
});

test('any text is one word', () => {
  expect(['a/b', '', "it's $x"].map(shellWord)).toEqual(['a/b', "''", String.raw`'it'\''s $x'`]);
});
