// How many files a program may have open here (RLIMIT_NOFILE, the hard limit, to which Node raises itself).
import { readFileSync } from 'node:fs';

export function openFilesLimit(): number {
  const match = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
  const hard = match?.[1];
  return hard === undefined || hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard);
}
