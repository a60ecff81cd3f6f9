import { expect, test } from 'vitest';
import { NEEDS } from '../../../src/kernel/check/needs.ts';
import { DEPENDS, dependsOf, packageVersion } from './package-facts.ts';

test('without a Node of its own the package depends on the one of OpenWrt', () => {
  expect(dependsOf(undefined)).toEqual([...DEPENDS, 'node']);
});

test('modules that `wanbond kernel check` wants are depended on', () => {
  const wanted = NEEDS.filter(({ level }) => level !== 'optional').flatMap(({ openwrt }) =>
    openwrt !== undefined && 'package' in openwrt ? [openwrt.package] : [],
  );
  // nftables-json brings it.
  expect(DEPENDS).toEqual(expect.arrayContaining(wanted.filter((name) => name !== 'kmod-nft-core')));
  expect(wanted).toContain('kmod-nft-tproxy');
});

test('a Node that comes with it is depended on by its libraries', () => {
  expect(dependsOf(['libstdc++.so.6', 'libc.musl-aarch64.so.1', 'libatomic.so.1', 'libssl.so.3'])).toEqual([
    ...DEPENDS,
    ...['libatomic1', 'libopenssl3'],
  ]);
  expect(() => dependsOf(['libnode.so.115'])).toThrow('needs libnode.so.115');
});

test('versions are such as apk can order', () => {
  expect(packageVersion('1.20.3')).toBe('1.20.3-r1');
  expect(() => packageVersion('1.0.0-rc.1')).toThrow('1.0.0-rc.1');
});
