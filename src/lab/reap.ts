// Removes what a lab leaves: at its end, when its process exits in between, and when a later run finds it.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HOST_NAMES, namespaceName, ownerPid } from './run-name.ts';

// Where iproute2 keeps the named namespaces.
const NAMESPACES = '/run/netns';

/** The private directory of a run: configs with keys, state. */
export const runDirectory = (run: string): string => join(tmpdir(), run);

/** Ends every program in the namespaces of `run` and removes them and its directory. Synchronous: it also runs at exit. */
export function removeRun(run: string): void {
  const existing = new Set(list(NAMESPACES));
  for (const host of HOST_NAMES) {
    const namespace = namespaceName(run, host);
    if (existing.has(namespace)) removeNamespace(namespace);
  }
  rmSync(runDirectory(run), { recursive: true, force: true });
}

/** Removes the runs whose process is gone, however it ended. */
export function reapStaleRuns(): void {
  for (const name of list(NAMESPACES)) if (isStale(name)) removeNamespace(name);
  for (const name of list(tmpdir())) {
    if (isStale(name)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

/** Whether a lab made what has this name, and is gone. */
export function isStale(name: string): boolean {
  const pid = ownerPid(name);
  if (pid === undefined) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Whatever runs in a namespace of ours was started by a lab. */
function removeNamespace(namespace: string): void {
  const { stdout } = spawnSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' });
  for (const pid of stdout?.split('\n').map(Number).filter(Boolean) ?? []) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Ended in the meantime.
    }
  }
  // Another lab may be reaping the same one; then it is gone, which is what we want.
  spawnSync('ip', ['netns', 'delete', namespace]);
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
