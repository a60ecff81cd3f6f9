// Made-up runs for the report's tests: round figures, so that every ratio can be told by heart.
import type { CaseRun, Environment, Result, Runs } from '../results.ts';
import type { Rounds } from './rounds.ts';

export const ENVIRONMENT: Environment = {
  cpu: 'Example CPU',
  cores: 2,
  memoryGb: 7.7,
  kernel: '6.18.0',
  node: 'v20.19.0',
  os: 'Debian 12',
  versions: { 'wanbond-convert': 'wanbond 0.1.0', haproxy: 'HAProxy 2.6.12' },
  date: '2026-11-20T10:00:00.000Z',
  command: 'make bench',
};

export const caseRun = (results: readonly Result[], environment: Partial<Environment> = {}): CaseRun => ({
  environment: { ...ENVIRONMENT, ...environment },
  results,
});

/** Results of one metric, by method. */
export function resultsOf(
  name: string,
  variant: string,
  metric: string,
  byMethod: Readonly<Record<string, Rounds>>,
): Result[] {
  return Object.entries(byMethod).map(([method, values]) => ({
    case: name,
    variant,
    method,
    metric,
    values,
  }));
}

export const relay = (metric: string, byMethod: Readonly<Record<string, Rounds>>): Result[] =>
  resultsOf('relay', '2 paths, 1 stream, down', metric, byMethod);

const setup = (metric: string, byMethod: Readonly<Record<string, Rounds>>): Result[] =>
  resultsOf('setup', '64 at a time, no delay', metric, byMethod);

const RELAY: readonly Result[] = [
  ...relay('throughputMbps', {
    plain: [9000, 9000, 9000],
    native: [8000, 8000, 8000],
    'wanbond-convert': [4800, 4400, 4600],
    haproxy: [3000, 4000, 2000],
    'ss-redir-aes-256-gcm': [800, undefined, 920],
  }).map((result) =>
    result.method === 'ss-redir-aes-256-gcm'
      ? { ...result, failure: 'ss-server ended | exit code 1' }
      : result,
  ),
  ...relay('routerUserSecondsPerGb', {
    'wanbond-convert': [0.1, 0.1, 0.1],
    haproxy: [0.2, 0.2, 0.2],
    'ss-redir-aes-256-gcm': [3, undefined, 3],
  }),
  ...relay('routerSystemSecondsPerGb', {
    'wanbond-convert': [0.4, 0.4, 0.5],
    haproxy: [0.6, 0.8, 0.8],
    'ss-redir-aes-256-gcm': [2, undefined, 2],
  }),
  ...resultsOf('relay', '1 path, 1 stream, down', 'throughputMbps', {
    'wanbond-convert': [2000, 2100, 2200],
  }),
];

const SETUP: readonly Result[] = [
  ...setup('connectionsPerSecond', { 'wanbond-convert': [1500, 1500], haproxy: [2000, 3000] }),
  ...setup('firstByteP50Ms', { 'wanbond-convert': [10, 10], haproxy: [20, 20] }),
  ...setup('firstByteP99Ms', { 'wanbond-convert': [30, 30], haproxy: [30, 30] }),
  ...resultsOf('setup', '1 at a time, 20 ms', 'firstByteP50Ms', {
    'wanbond-convert': [22, 24],
    plain: [42, 42],
  }),
];

const SMALL: readonly Result[] = [
  ...resultsOf('small', '1 B', 'p50Us', {
    'wanbond-convert': [150, 150],
    haproxy: [200, 200],
    plain: [100, 100],
  }),
  ...resultsOf('small', '64 KiB', 'p50Us', {
    'wanbond-convert': [480, 480],
    haproxy: [400, 400],
    plain: [200, 200],
  }),
];

const MANY: readonly Result[] = [
  ...resultsOf('many', '10,000 flows', 'routerRssBytesPerFlow', { 'wanbond-convert': [5812, 5900, 5700] }),
  ...resultsOf('many', '10,000 flows', 'routerRssAtStartMb', { 'wanbond-convert-1-worker': [95, 99, 97] }),
  ...resultsOf('many', '10,000 flows', 'failures', { 'wanbond-convert': [0, 2, 0] }),
];

const growth = (metric: string, byFlows: Readonly<Record<string, number>>): Result[] =>
  Object.entries(byFlows).flatMap(([variant, value]) =>
    resultsOf('growth', variant, metric, { 'wanbond-convert': [value], haproxy: [value * 2] }),
  );

const GROWTH: readonly Result[] = [
  ...growth('routerCpuSecondsPerGb', { '1 flow': 0.5, '100 flows': 0.6, '10,000 flows': 0.9 }),
  ...growth('routerRssMb', { '1 flow': 80, '100 flows': 82, '10,000 flows': 140 }),
];

const FAILOVER: readonly Result[] = [
  ...resultsOf('failover', 'silent', 'stallMs', { 'wanbond-convert': [250, 300] }),
  {
    case: 'failover',
    variant: 'silent',
    method: 'plain',
    metric: 'stallMs',
    values: [undefined, undefined],
    failure: 'the flow was lost after 20 s',
  },
];

export const RUNS: Runs = {
  relay: caseRun(RELAY),
  setup: caseRun(SETUP),
  small: caseRun(SMALL),
  many: caseRun(MANY),
  growth: caseRun(GROWTH),
  failover: caseRun(FAILOVER),
};
