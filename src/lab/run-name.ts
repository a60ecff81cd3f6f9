// Names of one lab run: the owner's pid is in each of them, so that a later run can tell what was left behind.
import { randomBytes } from 'node:crypto';

/** The machines of the lab. `net` is the Internet between the WANs, the server and the origin. */
export const HOST_NAMES = ['lan', 'router', 'net', 'server', 'origin'] as const;
export type HostName = (typeof HOST_NAMES)[number];

const PATTERN = /^wb-([0-9a-z]{1,6})-[0-9a-f]{4}(?:-[a-z]+)?$/;

/** Like `wb-2s8-91fe`: 36 to the power of 6 is above the largest pid of Linux. */
export function newRunName(pid: number): string {
  return `wb-${pid.toString(36)}-${randomBytes(2).toString('hex')}`;
}

export function namespaceName(run: string, host: HostName): string {
  return `${run}-${host}`;
}

/** The pid of the process that made `name`, a namespace or a directory; undefined when no lab made it. */
export function ownerPid(name: string): number | undefined {
  const pid = PATTERN.exec(name)?.[1];
  return pid === undefined ? undefined : Number.parseInt(pid, 36);
}
