// A root file system in which programs built for musl run: an unpacked package, musl, and what OpenWrt would have beside it,
// made of Debian's files.
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { elfFacts } from '../../src/openwrt/elf.ts';
import { mustRun } from '../../src/lab/command.ts';
import { unpackPackage } from '../../src/lab/openwrt/package-layer.ts';

const SHIM = join(import.meta.dirname, 'musl-shim.c');
const GLIBC_LOADER = 'ld-linux-x86-64.so.2';
export const MULTIARCH = 'usr/lib/x86_64-linux-gnu';
// What the kernel shows; and glibc, which `ip` and the shell of this root run with.
const MOUNTS = ['proc', 'sys', 'dev', MULTIARCH, 'lib64'];
/** What musl's loader makes of its own names; see its list of reserved ones. */
const PART_OF_MUSL = /^lib(c|m|dl|rt|pthread|util)\./;

/** Unpacks an .ipk, if given, into `root`, a folder that is not there yet, and puts the rest beside it. */
export async function makeMuslRoot(root: string, ipk?: string): Promise<void> {
  for (const folder of [...MOUNTS, 'bin', 'lib', 'run', 'tmp', 'var/lib', 'var/etc', 'usr/lib'])
    mkdirSync(join(root, folder), { recursive: true });
  if (ipk !== undefined) await unpackPackage(ipk, root);
  // Where glibc's loader is, by the name that programs have for it.
  symlinkSync(join('/', MULTIARCH), join(root, 'lib/x86_64-linux-gnu'));
  copyFileSync('/lib/ld-musl-x86_64.so.1', join(root, 'lib/ld-musl-x86_64.so.1'));
  const options = [
    '-shared',
    '-fPIC',
    '-O1',
    '-fno-builtin',
    '-nostdlib',
    '-w',
    `-Wl,-soname,${GLIBC_LOADER}`,
  ];
  await mustRun(['gcc', ...options, '-o', join(root, 'usr/lib', GLIBC_LOADER), SHIM]);
  for (const library of ['libstdc++.so.6', 'libgcc_s.so.1', 'libnftables.so.1']) copyLibrary(library, root);
  copyFileSync('/bin/ip', join(root, 'bin/ip'));
  copyFileSync((await mustRun(['sh', '-c', 'command -v busybox'])).trim(), join(root, 'bin/busybox'));
  symlinkSync('busybox', join(root, 'bin/sh'));
}

/** With those that it needs. */
function copyLibrary(soname: string, root: string): void {
  const to = join(root, 'usr/lib', soname);
  if (existsSync(to) || PART_OF_MUSL.test(soname)) return;
  copyFileSync(join('/', MULTIARCH, soname), to);
  for (const needed of elfFacts(readFileSync(to))?.needed ?? []) copyLibrary(needed, root);
}

/** The words that run `argv` in the root, with this machine's /proc, /sys and /dev, which nobody else sees mounted there. */
export function inMuslRoot(root: string, argv: readonly string[]): string[] {
  const mounts = MOUNTS.map((folder) => `mount --rbind /${folder} "$root/${folder}"`);
  const script = ['root=$1; shift', ...mounts, 'exec chroot "$root" "$@"'].join('\n');
  return ['unshare', '--mount', 'sh', '-ec', script, 'sh', root, ...argv];
}
