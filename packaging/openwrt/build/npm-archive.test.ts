import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { npmFiles, pinnedIn } from './npm-archive.ts';
import { gzip, tarOf } from './tar.ts';

let cache: string;
let archive: Buffer;

beforeAll(async () => {
  cache = mkdtempSync(join(tmpdir(), 'wanbond-npm-'));
  const file = (path: string) => ({ path, mode: 0o644, data: Buffer.from(path) });
  archive = gzip(await tarOf(['index.js', 'lib/a.js'].map(file), 0, { folders: false }));
  writeFileSync(join(cache, 'scope-name-1.0.0.tgz'), archive);
});
afterAll(() => rmSync(cache, { recursive: true, force: true }));

const pinned = (integrity: string) => ({ name: '@scope/name', version: '1.0.0', integrity });

test('files of an archive that has been fetched go by their place in the package', async () => {
  const hash = createHash('sha512').update(archive).digest('base64');
  const files = await npmFiles(pinned(`sha512-${hash}`), cache);
  expect([...files].map(([path, data]) => [path, data.toString()])).toEqual([
    ['index.js', 'index.js'],
    ['lib/a.js', 'lib/a.js'],
  ]);
});

test('an archive that is not what the lock pins is refused', async () => {
  await expect(npmFiles(pinned('sha512-AAAA'), cache)).rejects.toThrow('is not what package-lock.json pins');
});

test('the lock pins koffi’s builds for both CPUs', () => {
  const lock = join(import.meta.dirname, '../../../package-lock.json');
  for (const name of ['koffi', '@koromix/koffi-linux-x64', '@koromix/koffi-linux-arm64'])
    expect(pinnedIn(lock, name)).toMatchObject({ name, integrity: expect.stringMatching(/^sha512-/) });
  expect(() => pinnedIn(lock, 'koffi-of-nobody')).toThrow('knows no package koffi-of-nobody');
});
