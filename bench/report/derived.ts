// What follows from measured figures of the same round: CPU time in sum, and throughput against plain routing.
import type { CaseRun, Result, Runs } from '../results.ts';
import { combine, roundsOf } from './rounds.ts';

interface Derivation {
  readonly metric: string;
  /** The metric that the outcome is made of first; its results give variants, methods and failures. */
  readonly from: string;
  /** A second metric of the same method, or the same metric of another method. */
  readonly and: { readonly metric: string } | { readonly method: string };
  readonly together: (a: number, b: number) => number;
}

const sum = (a: number, b: number): number => a + b;
const DERIVATIONS: readonly Derivation[] = [
  {
    metric: 'routerCpuSecondsPerGb',
    from: 'routerUserSecondsPerGb',
    and: { metric: 'routerSystemSecondsPerGb' },
    together: sum,
  },
  {
    metric: 'serverCpuSecondsPerGb',
    from: 'serverUserSecondsPerGb',
    and: { metric: 'serverSystemSecondsPerGb' },
    together: sum,
  },
  {
    metric: 'throughputVsPlain',
    from: 'throughputMbps',
    and: { method: 'plain' },
    together: (method, plain) => method / plain,
  },
];

/** All cases with the derived figures added to those that have what they are made of. */
export function withDerived(runs: Runs): Runs {
  return Object.fromEntries(Object.entries(runs).map(([name, run]) => [name, added(run)]));
}

function added(run: CaseRun): CaseRun {
  const derived = DERIVATIONS.flatMap(({ metric, from, and, together }) =>
    run.results
      .filter((result) => result.metric === from)
      .flatMap((result): Result[] => {
        const values = combine([result.values, roundsOf(run.results, { ...result, ...and })], together);
        return values.length === 0 ? [] : [{ ...result, metric, values }];
      }),
  );
  return { ...run, results: [...run.results, ...derived] };
}
