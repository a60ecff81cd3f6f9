// The `ip` program of iproute2: its JSON for what is, its arguments for what shall be.
import { execFileSync } from 'node:child_process';
import { WanbondError } from '../base/error.ts';

const TIMEOUT_MS = 10_000;

/** Runs `ip` with `args`. @throws WanbondError `ip-failed` with its words, `no-ip` when it is not installed. */
export function ip(args: readonly string[]): string {
  try {
    return execFileSync('ip', [...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIMEOUT_MS,
    });
  } catch (error) {
    throw ipError(args, error as NodeJS.ErrnoException & { stderr?: string });
  }
}

/** Runs `ip -json` and parses; no output is an empty list. */
export function ipJson<T>(args: readonly string[]): T[] {
  const text = ip(['-json', ...args]).trim();
  const parsed: unknown = text === '' ? [] : JSON.parse(text);
  const list: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  // Some versions print empty objects between the entries.
  return list.filter(
    (entry) => typeof entry === 'object' && entry !== null && Object.keys(entry).length > 0,
  ) as T[];
}

function ipError(args: readonly string[], error: NodeJS.ErrnoException & { stderr?: string }): WanbondError {
  const command = `ip ${args.join(' ')}`;
  if (error.code === 'ENOENT') {
    return new WanbondError({
      code: 'no-ip',
      message: `cannot run ${command}: the program ip is missing`,
      hint: 'Install it: Debian package iproute2, OpenWrt package ip-full.',
      cause: error,
    });
  }
  const why = (error.stderr ?? '').trim().split('\n').pop() || error.message;
  return new WanbondError({
    code: 'ip-failed',
    message: `${command}: ${why}`,
    hint: 'Run as root; if it still fails, run `wanbond check`.',
    cause: error,
  });
}
