// What a machine of systemd-nspawn has outside of its root, and how it is removed, also after a run that was killed.
import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isStale } from '../../src/lab/reap.ts';

/** Where control groups are: of version 2 alone, or of both (`unified` and systemd's own of version 1). */
export const GROUP_TREES = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd'];
// nspawn leaves its folder there, where /run is no tmpfs.
const PROPAGATED = '/run/systemd/nspawn/propagate';

export function removeLeftovers(machine: string): void {
  rmSync(join(PROPAGATED, machine), { recursive: true, force: true });
  for (const tree of GROUP_TREES) removeGroup(join(tree, machine));
}

/** Of machines whose lab is gone. */
export function reapLeftovers(): void {
  const names = [PROPAGATED, ...GROUP_TREES].flatMap((path) => (existsSync(path) ? readdirSync(path) : []));
  for (const name of new Set(names)) if (isStale(name)) removeLeftovers(name);
}

/** Control groups have to be removed one by one, from the innermost. */
function removeGroup(path: string): void {
  if (!existsSync(path)) return;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroup(join(path, entry.name));
  }
  rmdirSync(path);
}
