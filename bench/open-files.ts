// How many files a program may have open here, and as many as this machine lets us allow.
import { readFileSync } from 'node:fs';
import { runCommand } from '../src/lab/command.ts';
import { openFilesMax } from '../src/linux/features.ts';

// The kernel's own most (fs.nr_open), which no program reaches here.
const MOST = 1_048_576;

/** The hard limit of this process and all that it starts, to which Node raises itself. */
const openFiles = (): number => openFilesMax(readFileSync('/proc/self/limits', 'utf8')) ?? 0;

// A relay has two for each flow.
const FILES_PER_FLOW = 2;

/** As many flows as are wanted, or as many as a relay can have open. @param otherFiles that it has open besides */
export const flowsThatFit = (wanted: number, otherFiles: number): number =>
  Math.min(wanted, Math.floor((openFiles() - otherFiles) / FILES_PER_FLOW));

/** For everything that is started from here on, ours and theirs alike. Returns how many. */
export async function allowManyFiles(): Promise<number> {
  // Refused without CAP_SYS_RESOURCE: then all have the hard limit that this process has.
  await runCommand(['prlimit', `--pid=${process.pid}`, `--nofile=${MOST}:${MOST}`]);
  return openFiles();
}
