// Why flows that were to be kept did not all open, in one sentence: what the report says of such a round.
import { WanbondError } from '../src/base/error.ts';
import type { HeldSample } from './load/held-flows.ts';
import { counted } from './report/numbers.ts';

type Progress = Pick<HeldSample, 'open' | 'failures' | 'lost' | 'failure'>;

/** @param last what was told last of them */
export function notOpened(count: number, withinMs: number, last: Progress, cause: unknown): WanbondError {
  const { open, failures, lost, failure } = last;
  const parts = [`${counted(open)} of ${counted(count)} flows were open after ${withinMs / 1000} s`];
  if (failures > 0) parts.push(`${counted(failures)} attempts to open one had failed`);
  if (lost > 0) parts.push(`${counted(lost)} had opened and broken`);
  if (failure !== undefined) parts.push(`the first for this reason: ${failure}`);
  return new WanbondError({
    code: 'flows-not-opened',
    message: parts.join(', '),
    hint: 'Look at what the programs of router and server print.',
    cause,
  });
}
