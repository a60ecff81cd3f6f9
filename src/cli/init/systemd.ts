// The init system of this host, as far as installing needs it.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { WanbondError } from '../../base/error.ts';

/** `installed`: units are of use at the next boot (an image, a container that is being built). */
export type Systemd = 'running' | 'installed' | 'missing';

const RUNS = '/run/systemd/system';
const PROGRAMS = ['/usr/lib/systemd/systemd', '/lib/systemd/systemd'];
// Stopping a router lets its flows finish first (relay.drain-timeout, TimeoutStopSec).
const TIMEOUT_MS = 180_000;

export function findSystemd(root: string): Systemd {
  if (root === '/' && existsSync(RUNS)) return 'running';
  return PROGRAMS.some((path) => existsSync(join(root, path))) ? 'installed' : 'missing';
}

/** @throws WanbondError `systemctl-failed` */
export function systemctl(...args: readonly string[]): void {
  try {
    execFileSync('systemctl', [...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: TIMEOUT_MS,
    });
  } catch (cause) {
    const said = ((cause as { stderr?: string }).stderr ?? '').trim();
    const unit = args.at(-1);
    throw new WanbondError({
      code: 'systemctl-failed',
      message: `systemctl ${args.join(' ')}: ${said.split('\n')[0] || (cause as Error).message}`,
      hint: `Look at \`systemctl status ${unit}\` and \`journalctl -u ${unit}\`.`,
      cause,
    });
  }
}
