// The time that everything in a package bears, so that building it again gives the same bytes.
import { execFileSync } from 'node:child_process';
import { WanbondError } from '../../../src/base/error.ts';

/** Seconds since 1970: SOURCE_DATE_EPOCH, or the time of the commit. @throws WanbondError `no-source-date` */
export function sourceDate(repository: string, env: NodeJS.ProcessEnv): number {
  const text = env['SOURCE_DATE_EPOCH'] ?? commitDate(repository);
  if (/^\d+$/.test(text)) return Number(text);
  throw noDate(`SOURCE_DATE_EPOCH is "${text}", which is no number of seconds`);
}

function commitDate(repository: string): string {
  try {
    const git = ['-C', repository, 'log', '-1', '--format=%ct'];
    return execFileSync('git', git, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  } catch (cause) {
    throw noDate('git does not tell when this commit was made', cause);
  }
}

const noDate = (message: string, cause?: unknown): WanbondError =>
  new WanbondError({
    code: 'no-source-date',
    message,
    hint: 'Set SOURCE_DATE_EPOCH to seconds since 1970.',
    cause,
  });
