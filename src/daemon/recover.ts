// Before a start: what a run that died has left is taken back, so that a new plan begins from the host as it was.
import type { Log } from '../base/log.ts';
import { undoAll } from '../linux/apply-plan.ts';
import { Journal } from '../plan/journal.ts';

/** The journal of this state directory, empty. Without this, a WAN that left the config would keep its endpoint. */
export function recover(stateDir: string, log: Log): Journal {
  const journal = new Journal(stateDir);
  const left = journal.entries.length;
  if (left === 0) return journal;
  log.warn({ changes: left }, 'an earlier run did not end in order; taking back what it left');
  undoAll(journal);
  return journal;
}
