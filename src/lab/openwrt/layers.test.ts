import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findInLayers } from './layers.ts';

let folder: string;
let over: string;
let under: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wanbond-layers-'));
  over = join(folder, 'over');
  under = join(folder, 'under');
  for (const [layer, ...files] of [
    [over, 'usr/bin/wanbond', 'lib/both'],
    [under, 'usr/bin/busybox', 'lib/both', 'lib/libc.so'],
  ] as const) {
    for (const file of files) {
      mkdirSync(join(layer, file, '..'), { recursive: true });
      writeFileSync(join(layer, file), '');
    }
  }
  symlinkSync('/usr/bin', join(under, 'bin'));
  symlinkSync('busybox', join(under, 'usr/bin/sh'));
  symlinkSync('/../../lib/libc.so', join(under, 'lib/ld-musl.so'));
  symlinkSync('loop', join(under, 'loop'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ['/bin/sh', 'under/usr/bin/busybox'],
  ['/bin/wanbond', 'over/usr/bin/wanbond'],
  ['/lib/both', 'over/lib/both'],
  // Links stay inside, however far up they point.
  ['/lib/ld-musl.so', 'under/lib/libc.so'],
  ['/lib/./../usr/bin', 'over/usr/bin'],
])('%s is %s', (path, expected) => {
  expect(findInLayers([over, under], path)).toBe(join(folder, expected));
});

test('what is not there is not found', () => {
  for (const path of ['/nowhere', '/bin/nowhere', '/loop']) {
    expect(findInLayers([over, under], path)).toBeUndefined();
  }
});
