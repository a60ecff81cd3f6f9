// Debian's Chromium on the LAN of a lab.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Lab } from '../../src/lab/lab.ts';
import { runDirectory } from '../../src/lab/reap.ts';

export interface PageStep {
  readonly url: string;
  /** Load it again until all of it comes by this protocol, at most `times`. */
  readonly until?: 'h2' | 'h3';
  readonly times?: number;
}

export interface PageLoad {
  readonly url: string;
  readonly text?: string;
  /** Of the page and of each part of it: `h2`, `h3`. */
  readonly protocols?: readonly string[];
  /** From the start to the end of the page itself, and to the end of all parts. */
  readonly responseMs?: number;
  readonly loadMs?: number;
  readonly error?: string;
}

const PROGRAM = fileURLToPath(new URL('browser.mjs', import.meta.url));
const TIMEOUT_MS = 120_000;

/** One browser from start to end. What it learns of the origins stays in the profile of that name. */
export async function browse(
  lab: Lab,
  profile: string,
  steps: readonly PageStep[],
  flags: readonly string[],
): Promise<PageLoad[]> {
  const folder = join(runDirectory(lab.run), `profile-${profile}`);
  const argv = [process.execPath, PROGRAM, folder, JSON.stringify(steps), ...flags];
  return JSON.parse(await lab.hosts.lan.must(argv, { timeoutMs: TIMEOUT_MS })) as PageLoad[];
}
