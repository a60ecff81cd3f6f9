// The program that runs this lab, as its package would install it, for a root file system without one.
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { WanbondError } from '../../base/error.ts';
import { packageRoot } from '../../base/package-files.ts';
import type { Cpu } from '../../openwrt/architecture.ts';
import { PROGRAM_FOLDER } from './root-facts.ts';

/** Copies it into `folder`, which is not there yet. @throws WanbondError `no-program` */
export function copyOwnProgram(folder: string, cpu: Cpu, rootfs: string): void {
  const repository = packageRoot();
  const koffi = `node_modules/@koromix/koffi-linux-${cpu.npm}`;
  const parts = [
    ['packaging/openwrt/files', ''],
    ...['package.json', 'dist', 'node_modules/koffi', koffi].map((part) => [
      part,
      join(PROGRAM_FOLDER, part),
    ]),
  ] as const;
  // Other ways of installing it leave out what only OpenWrt needs.
  const missing = parts.map(([from = '']) => join(repository, from)).find((path) => !existsSync(path));
  if (missing !== undefined) {
    throw new WanbondError({
      code: 'no-program',
      message: `${rootfs} has no wanbond, and this one cannot be put there: ${missing} is missing`,
      hint: 'Give a package with --package, or run the lab from the repository, after `npm ci`.',
    });
  }
  for (const [from = '', to = ''] of parts) {
    cpSync(join(repository, from), join(folder, to), { recursive: true, preserveTimestamps: true });
  }
}
