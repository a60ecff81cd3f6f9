import { expect, test } from 'vitest';
import { ipk } from './ipk.ts';
import { EXAMPLE } from './package-parts.fixture.ts';
import { tarOf, untar } from './tar.ts';

const named = (path: string) => [{ path, mode: 0o644, data: Buffer.from('x') }];

test('names that opkg would cut off are refused', async () => {
  const longest = 'a'.repeat(98);
  const archive = await tarOf(named(longest), 0, { folders: false });
  expect([...(await untar(archive)).keys()]).toEqual([`./${longest}`]);
  await expect(tarOf(named(`${longest}b`), 0, { folders: false })).rejects.toThrow('more than 100 bytes');
});

test('the same parts, in whatever order, are the same package', async () => {
  const again = await ipk({ ...EXAMPLE, files: EXAMPLE.files.toReversed() });
  expect(again.equals(await ipk(EXAMPLE))).toBe(true);
});
