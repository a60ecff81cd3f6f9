// A program that says that it was built for musl, as far as a package builder can see.
import { elfFacts } from '../../../src/openwrt/elf.ts';

const LOADER = '/lib/ld-musl-x86_64.so.1';

/** Puts musl's loader, whose name is shorter, in the place of glibc's. */
export function askForMusl(program: Buffer): void {
  const glibc = elfFacts(program)?.interpreter ?? '';
  const at = program.indexOf(glibc);
  program.fill(0, at, at + glibc.length).write(LOADER, at);
}
