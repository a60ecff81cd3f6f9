// What a running daemon of the lab counts, asked through its control socket.
import { askControl } from '../../src/control/control-socket.ts';
import type { Lab } from '../../src/lab/lab.ts';
import type { CounterTotals } from '../../src/relay/counters.ts';
import type { FailureReason } from '../../src/transport/failure.ts';

export async function readCounters(lab: Lab, role: 'router' | 'server'): Promise<CounterTotals> {
  const status = (await askControl(lab.files.stateDir(role), 'status')) as { counters: CounterTotals };
  return status.counters;
}

/** The failures counted by `role`, without those that did not happen. */
export async function readFailures(
  lab: Lab,
  role: 'router' | 'server',
): Promise<Partial<Record<FailureReason, number>>> {
  const { failed } = await readCounters(lab, role);
  return Object.fromEntries(Object.entries(failed).filter(([, count]) => count > 0));
}
