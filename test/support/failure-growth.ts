// Which failures a daemon counted while something was done.
import type { Lab } from '../../src/lab/lab.ts';
import type { FailureReason } from '../../src/transport/failure.ts';
import { readFailures } from './daemon-status.ts';

export type Failures = Partial<Record<FailureReason, number>>;

/** Runs `work`; the result is what the failure counters of `role` grew by, without those that did not. */
export async function failuresDuring(
  lab: Lab,
  role: 'router' | 'server',
  work: () => Promise<unknown>,
): Promise<Failures> {
  const before = await readFailures(lab, role);
  await work();
  const grown: Failures = {};
  for (const [name, count] of Object.entries(await readFailures(lab, role))) {
    const reason = name as FailureReason;
    if (count > (before[reason] ?? 0)) grown[reason] = count - (before[reason] ?? 0);
  }
  return grown;
}
