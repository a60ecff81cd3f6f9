import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { readPackage } from '../../../src/openwrt/apk-reader.ts';
import { apk } from './apk.ts';
import { EXAMPLE } from './package-parts.fixture.ts';

const ROOT = { user: 'root', group: 'root' };

test('what is in a package is what went into it', () => {
  const { info, files, folders, scripts } = readPackage(apk(EXAMPLE));
  expect(info).toMatchObject({
    name: 'wanbond',
    version: '1.2.3-r1',
    description: EXAMPLE.description,
    arch: 'aarch64_generic',
    installedSize: files.reduce((sum, { data }) => sum + data.length, 0),
    // apk looks for them by halving.
    depends: [{ name: 'a' }, { name: 'b' }, { name: 'kmod-a' }],
  });
  expect(files.map(({ path }) => path)).toEqual([
    'etc/config/wanbond',
    'lib/apk/packages/wanbond.conffiles',
    'lib/apk/packages/wanbond.conffiles_static',
    'lib/apk/packages/wanbond.list',
    'usr/lib/wanbond/empty',
    'usr/lib/wanbond/node',
    'usr/lib/wanbond/dist/main.js',
  ]);
  expect(folders.map(({ name }) => name)).toEqual([
    ...['', 'etc', 'etc/config', 'lib', 'lib/apk', 'lib/apk/packages'],
    ...['usr', 'usr/lib', 'usr/lib/wanbond', 'usr/lib/wanbond/dist'],
  ]);
  for (const { acl } of folders) expect(acl).toEqual({ mode: 0o755, ...ROOT });
  for (const { path, mode, data } of EXAMPLE.files) {
    const found = files.find((one) => one.path === path);
    expect(found).toEqual({ path, acl: { mode, ...ROOT }, mtime: EXAMPLE.time, data: Buffer.from(data) });
  }
  expect(scripts).toEqual({
    postInstall: EXAMPLE.scripts.postinst,
    preDeinstall: EXAMPLE.scripts.prerm,
    postDeinstall: EXAMPLE.scripts.postrm,
    postUpgrade: '#!/bin/sh\nexport PKG_UPGRADE=1\necho installed\n',
  });
});

test("OpenWrt's lists are there: files, and configs with their hashes", () => {
  const { files } = readPackage(apk(EXAMPLE));
  const text = (suffix: string): string | undefined =>
    files.find(({ path }) => path === `lib/apk/packages/wanbond.${suffix}`)?.data.toString();
  const hash = createHash('sha256').update('config').digest('hex');
  expect(text('conffiles')).toBe('/etc/config/wanbond\n');
  expect(text('conffiles_static')).toBe(`/etc/config/wanbond ${hash}\n`);
  expect(text('list')?.split('\n')).toEqual([...EXAMPLE.files.map(({ path }) => `/${path}`).toSorted(), '']);
});

test('the same parts, in whatever order, are the same bytes', () => {
  const again = { ...EXAMPLE, files: EXAMPLE.files.toReversed(), depends: EXAMPLE.depends.toReversed() };
  expect(apk(again).equals(apk(EXAMPLE))).toBe(true);
  expect(apk({ ...EXAMPLE, time: EXAMPLE.time + 1 }).equals(apk(EXAMPLE))).toBe(false);
});
