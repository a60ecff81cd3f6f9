// The figures against their targets: what was asked for, what came out, and by how much a target is missed.
import type { Runs } from '../results.ts';
import { range, significant } from './numbers.ts';
import { type Figure, figuresOf, MANY_VARIANT, rounded, SUBJECT } from './ratios.ts';
import { roundsOf, summarize } from './rounds.ts';

interface Target {
  readonly what: string;
  /** Undefined: told, without a target. */
  readonly limit?: { readonly atLeast: number } | { readonly atMost: number };
  readonly unit?: string;
  /** A round that failed is a miss. */
  readonly inEveryRound?: boolean;
}

export interface Verdict {
  readonly what: string;
  readonly variant: string;
  readonly target: string;
  /** The median of the rounds, with its unit; `–` without one. */
  readonly figure: string;
  /** Empty where all rounds agree. */
  readonly range: string;
  /** `5 of 5`. */
  readonly rounds: string;
  /** `met`, `missed by 12 %`, `not measured: ...`. */
  readonly verdict: string;
  /** Undefined where there is no target, or nothing was measured. */
  readonly isMet?: boolean;
}

/** Fewer say little about a median. */
const ROUNDS_ASKED_FOR = 5;
const FAILURES_NAME = 'failures';

/** By case and name of the figure, in the order of the table. */
const TARGETS: Readonly<Record<string, Target>> = {
  'relay.throughputVsHaproxy': { what: 'Relay: throughput, × HAProxy', limit: { atLeast: 1.4 } },
  'relay.throughputVsSsRedirAesGcm': {
    what: 'Relay: throughput, × ss-redir with AES-GCM',
    limit: { atLeast: 5 },
  },
  'relay.throughputVsNativeMptcp': {
    what: 'Relay: throughput, × MPTCP end to end',
    limit: { atLeast: 0.65 },
  },
  'relay.routerCpuVsHaproxy': { what: 'Relay: router CPU per GB, × HAProxy', limit: { atMost: 0.6 } },
  'relay.routerCpuVsSsRedirAesGcm': {
    what: 'Relay: router CPU per GB, × ss-redir with AES-GCM',
    limit: { atMost: 0.15 },
  },
  'setup.connRateVsHaproxy': { what: 'Set-up: connections per second, × HAProxy', limit: { atLeast: 1 } },
  'setup.p50VsHaproxy': { what: 'Set-up: median time to the first byte, × HAProxy', limit: { atMost: 1 } },
  'setup.p99VsHaproxy': {
    what: 'Set-up: 99th percentile of the time to the first byte, × HAProxy',
    limit: { atMost: 1 },
  },
  'setup.warmMinusPlainRtts': {
    what: 'Set-up: first byte, more than plain routing (less where negative)',
    unit: 'round trips',
  },
  'small.addedP50VsHaproxy': {
    what: 'Small requests: time added to plain routing, × what HAProxy adds, the worst size',
    limit: { atMost: 1 },
  },
  'many.bytesPerIdleFlow': {
    what: 'Idle flows: router memory of each',
    limit: { atMost: 6000 },
    unit: 'bytes',
  },
  'many.rssAtStartMb': {
    what: 'Idle flows: router memory at start, one worker thread',
    limit: { atMost: 90 },
    unit: 'MB',
  },
  [`many.${FAILURES_NAME}`]: {
    what: 'Idle flows: failed openings',
    limit: { atMost: 0 },
    inEveryRound: true,
  },
};

/** One for each target, also those that were missed or not measured. */
export function verdictsOf(runs: Runs): Verdict[] {
  const figures = [...figuresOf(runs), failedOpenings(runs)];
  return Object.entries(TARGETS).flatMap(([key, target]) => {
    const figure = figures.find((one) => `${one.case}.${one.name}` === key);
    return figure ? [verdictOn(figure, target, runs)] : [];
  });
}

/** No ratio, yet a target: the most of all rounds. */
function failedOpenings(runs: Runs): Figure {
  const rounds = roundsOf(runs['many']?.results ?? [], {
    variant: MANY_VARIANT,
    method: SUBJECT,
    metric: FAILURES_NAME,
  });
  const most = summarize(rounds)?.most;
  return {
    case: 'many',
    name: FAILURES_NAME,
    variant: MANY_VARIANT,
    methods: [SUBJECT],
    rounds: rounds.map((value) => (value === undefined ? undefined : most)),
  };
}

function verdictOn(figure: Figure, target: Target, runs: Runs): Verdict {
  const { what, limit, unit = '', inEveryRound = false } = target;
  const told = { what, variant: figure.variant, target: targetText(limit, unit) };
  const summary = summarize(figure.rounds);
  if (!summary) {
    const reason = failureOf(figure, runs);
    const verdict = reason === undefined ? 'not measured' : `not measured: ${reason}`;
    return { ...told, figure: '–', range: '', rounds: '–', verdict };
  }
  // The figure that is published is the one that is judged.
  const value = rounded(summary.median);
  const lacks = summary.rounds < summary.of;
  const verdict = !limit ? 'no target' : inEveryRound && lacks ? 'missed' : outcome(value, limit);
  const remarks = [
    ...(lacks ? ['other rounds failed'] : []),
    ...(summary.rounds < ROUNDS_ASKED_FOR ? [`fewer than ${ROUNDS_ASKED_FOR} rounds`] : []),
  ];
  return {
    ...told,
    figure: `${significant(value)} ${unit}`.trim(),
    range: range(summary.least, summary.most) ?? '',
    rounds: `${summary.rounds} of ${summary.of}`,
    verdict: [verdict, ...remarks].join('; '),
    ...(limit ? { isMet: verdict === 'met' } : {}),
  };
}

function outcome(value: number, limit: NonNullable<Target['limit']>): string {
  const [asked, lack] =
    'atLeast' in limit ? [limit.atLeast, limit.atLeast - value] : [limit.atMost, value - limit.atMost];
  if (lack <= 0) return 'met';
  // Of nothing there is no share.
  if (asked === 0) return `missed by ${significant(lack)}`;
  const percent = (lack / asked) * 100;
  return `missed by ${percent.toLocaleString('en-US', { maximumSignificantDigits: 2 })} %`;
}

function targetText(limit: Target['limit'], unit: string): string {
  if (!limit) return '–';
  if ('atMost' in limit && limit.atMost === 0) return 'none';
  const text = 'atLeast' in limit ? `≥ ${significant(limit.atLeast)}` : `≤ ${significant(limit.atMost)}`;
  return `${text} ${unit}`.trim();
}

function failureOf(figure: Figure, runs: Runs): string | undefined {
  return runs[figure.case]?.results.find(
    ({ method, variant, failure }) =>
      failure !== undefined && variant === figure.variant && figure.methods.includes(method),
  )?.failure;
}
