// What probes say of a path that is well, for tests.
import type { PathMeasurement } from './probe-path.ts';

export function pathMeasurement(
  wan: string,
  server: string,
  parts: Partial<PathMeasurement> = {},
): PathMeasurement {
  return {
    wan,
    server,
    health: 'up',
    hasAnswered: true,
    rttMs: 20,
    minRttMs: 18,
    recentRttMs: 18,
    baseRttMs: 18,
    rttDeviationMs: 1,
    lossRatio: 0,
    lossProbes: 100,
    seenAs: undefined,
    probedBy: 'udp',
    mptcp: { capable: 'kept', join: 'kept' },
    pathMtuBytes: 1500,
    ...parts,
  };
}
