// Lines that the relay wrote into a daemon's JSON log about one reason.
import type { LabProcess } from '../../src/lab/lab-process.ts';

export interface RelayLogEntry {
  readonly reason: string;
  readonly msg: string;
  /** Lines of the same reason that were held back; undefined for none. */
  readonly suppressed?: number;
}

export function relayLog(daemon: LabProcess, reason: string): RelayLogEntry[] {
  return daemon.stderr
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as RelayLogEntry)
    .filter((entry) => entry.reason === reason);
}

/** How many events the lines stand for, those held back included. */
export function loggedEvents(entries: readonly RelayLogEntry[]): number {
  return entries.reduce((sum, { suppressed }) => sum + 1 + (suppressed ?? 0), 0);
}
