// The TUN pair of each link, made here, moved into its namespaces under its final name, and set up.
import { spawnSync } from 'node:child_process';
import { WanbondError } from '../../base/error.ts';
import { createTun, type Tun } from '../../linux/tun.ts';
import type { LinkSpec } from './spec.ts';

// The kernel puts a free number for %d.
const TEMPORARY_NAME = 'wbemu%d';
// A sender's burst waits here while the emulator is busy; the queue of the link is in the emulator.
const TX_QUEUE_PACKETS = 2000;

export interface LinkDevices {
  readonly a: Tun;
  readonly b: Tun;
}

/** @throws WanbondError with what `ip` said; the devices end with the process. */
export function createLinkDevices(link: LinkSpec): LinkDevices {
  return { a: createEnd(link.a), b: createEnd(link.b) };
}

function createEnd({ netns, device }: LinkSpec['a']): Tun {
  const tun = createTun(TEMPORARY_NAME);
  ip('link', 'set', 'dev', tun.name, 'netns', netns, 'name', device, 'txqueuelen', `${TX_QUEUE_PACKETS}`);
  ip('-n', netns, 'link', 'set', 'dev', device, 'up');
  return tun;
}

function ip(...args: string[]): void {
  const { status, stderr, error } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status === 0) return;
  throw new WanbondError({
    code: 'command-failed',
    message: `ip ${args.join(' ')} failed: ${error?.message ?? stderr.trim().replaceAll('\n', '; ')}`,
    hint: 'Check that iproute2 is installed, that the namespace exists and that the name is free in it.',
    cause: error,
  });
}
