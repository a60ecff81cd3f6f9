// Stands in for an init system (sd_notify(3)): what a daemon reports, and when.
import { join } from 'node:path';
import type { Host } from '../../src/lab/host.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { builtPeer } from './built-peer.ts';
import { runDirectory } from '../../src/lab/reap.ts';

export interface Notification {
  /** Milliseconds of the monotonic clock of this machine. */
  readonly atMs: number;
  readonly state: string;
}

export interface NotifyReceiver {
  /** For NOTIFY_SOCKET. */
  readonly path: string;
  /** What came so far, in order. */
  notifications(): Notification[];
  stop(): Promise<unknown>;
}

const PROGRAM = builtPeer('notify-receiver');

export async function startNotifyReceiver(lab: Lab, host: Host, name: string): Promise<NotifyReceiver> {
  const path = join(runDirectory(lab.run), name);
  const started = host.spawn([process.execPath, PROGRAM, path], { label: 'notify receiver' });
  await started.waitFor(/^listening$/, 15_000);
  return {
    path,
    notifications: () =>
      started.stdout.slice(1).map((line) => {
        const space = line.indexOf(' ');
        return { atMs: Number(line.slice(0, space)), state: line.slice(space + 1) };
      }),
    stop: () => started.stop(),
  };
}
