// Kernel settings by their dotted names. An interface name may hold dots, so names are split by known depth.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { WanbondError } from '../base/error.ts';

/** `net.ipv4.conf.eth0/1.rp_filter` style: `/` stands for a dot inside a part, as in sysctl.d(5). */
function pathOf(name: string): string {
  return `/proc/sys/${name.replaceAll(/[./]/g, (sign) => (sign === '.' ? '/' : '.'))}`;
}

/** A name as it is; one with `.*.` for each interface (and `all`, `default`) that has it now. */
export function expandSysctl(name: string): string[] {
  const [folder, rest] = name.split('.*.');
  if (folder === undefined || rest === undefined) return [name];
  try {
    return readdirSync(pathOf(folder)).map((entry) => `${folder}.${entry.replaceAll('.', '/')}.${rest}`);
  } catch {
    return [];
  }
}

/** The value with white space made single blanks, or undefined when this kernel has no such setting. */
export function readSysctl(name: string): string | undefined {
  try {
    return readFileSync(pathOf(name), 'utf8').trim().replaceAll(/\s+/g, ' ');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw failed('read', name, error);
  }
}

const WRITABLE_BITS = 0o222;

/** Some belong to the first network namespace: the others see them, and nobody there may change them. */
export function isReadOnlySysctl(name: string): boolean {
  return (statSync(pathOf(name)).mode & WRITABLE_BITS) === 0;
}

/** @throws WanbondError `sysctl-failed` */
export function writeSysctl(name: string, value: string): void {
  try {
    writeFileSync(pathOf(name), value);
  } catch (error) {
    throw failed('write', `${name}=${value}`, error);
  }
}

function failed(what: string, name: string, cause: unknown): WanbondError {
  return new WanbondError({
    code: 'sysctl-failed',
    message: `cannot ${what} sysctl ${name}: ${(cause as Error).message}`,
    hint: 'Run as root, or set it before: `wanbond plan` prints the commands.',
    cause,
  });
}
