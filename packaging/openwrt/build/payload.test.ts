import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../../src/base/package-files.ts';
import { conffilesOf } from './payload.ts';

test('koffi is all that the program takes from npm at run time; another one has to be packed too', () => {
  const { dependencies } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  expect(Object.keys(dependencies)).toEqual(['koffi']);
});

test('configs are left to their owner', () => {
  const file = (path: string) => ({ path, mode: 0o600, data: Buffer.alloc(0) });
  expect(conffilesOf([file('etc/config/wanbond'), file('etc/init.d/wanbond')])).toEqual([
    '/etc/config/wanbond',
  ]);
});
