// What the package is called, says of itself and depends on. The feed Makefile says the same, kept so by a test.
import { WanbondError } from '../../../src/base/error.ts';

export const NAME = 'wanbond';
export const LICENSE = 'MIT';
export const SECTION = 'net';
/** Counts packages of the same version of the program. */
export const RELEASE = 1;

/** Packages of both releases, by the names that they have on the router. */
export const DEPENDS: readonly string[] = [
  'libc',
  // koffi's library is C++.
  'libstdcpp6',
  'libgcc1',
  // The `ip` of busybox and ip-tiny know no `mptcp`.
  'ip-full',
  // libnftables.so.1 with its JSON.
  'nftables-json',
  'kmod-nft-tproxy',
  'kmod-nft-socket',
  // For flows whose paths lose packets.
  'kmod-tcp-bbr',
];

/** Where no Node comes with the package. */
export const NODE_PACKAGE = 'node';

/** Libraries that a Node may be linked with, and OpenWrt's packages of them; those of musl are part of libc. */
const LIBRARY_PACKAGES: readonly (readonly [RegExp, string | undefined])[] = [
  [/^libc\.(so|musl-)|^lib(m|dl|rt|pthread)\.so|^ld-musl-/, undefined],
  [/^libstdc\+\+\.so\.6$/, 'libstdcpp6'],
  [/^libgcc_s\.so\.1$/, 'libgcc1'],
  [/^libatomic\.so\.1$/, 'libatomic1'],
  [/^libz\.so\.1$/, 'zlib'],
  [/^lib(ssl|crypto)\.so\.3$/, 'libopenssl3'],
  [/^libcares\.so\.2$/, 'libcares'],
  [/^libuv\.so\.1$/, 'libuv1'],
];

/**
 * @param nodeLibraries sonames that the Node in the package needs; undefined: none is in it
 * @throws WanbondError `node-library`
 */
export function dependsOf(nodeLibraries: readonly string[] | undefined): string[] {
  const further = nodeLibraries === undefined ? [NODE_PACKAGE] : nodeLibraries.flatMap(packageOf);
  return [...new Set([...DEPENDS, ...further])];
}

function packageOf(soname: string): string[] {
  const known = LIBRARY_PACKAGES.find(([pattern]) => pattern.test(soname));
  if (known) return known[1] === undefined ? [] : [known[1]];
  throw new WanbondError({
    code: 'node-library',
    message: `the given Node needs ${soname}, and which OpenWrt package that is in is not known`,
    hint: 'Give a Node that brings its libraries with it, such as a musl build of nodejs.org or Alpine with bundled dependencies.',
  });
}

/** Of the package, from that of the program. @throws WanbondError `package-version` */
export function packageVersion(programVersion: string): string {
  // apk takes letters after a dash for something else.
  if (/^\d+\.\d+\.\d+$/.test(programVersion)) return `${programVersion}-r${RELEASE}`;
  throw new WanbondError({
    code: 'package-version',
    message: `apk does not know how to order version ${programVersion}`,
    hint: 'Build from a release, whose version is three numbers.',
  });
}
