// The figures that the project is judged by: wanbond with `convert` against the others, as `ratios` of the data names them.
import type { Runs } from '../results.ts';
import { ONE_WORKER } from './labels.ts';
import { withDerived } from './derived.ts';
import { combine, type Rounds, roundsOf, summarize } from './rounds.ts';

export const SUBJECT = 'wanbond-convert';
export const RELAY_VARIANT = '2 paths, 1 stream, down';
export const SETUP_VARIANT = '64 at a time, no delay';
export const SETUP_FAR_VARIANT = '1 at a time, 20 ms';
export const MANY_VARIANT = '10,000 flows';
const HAPROXY = 'haproxy';
const SS_REDIR = 'ss-redir-aes-256-gcm';
const NATIVE = 'native';
const PLAIN = 'plain';
/** Between router and server, in `SETUP_FAR_VARIANT`. */
const FAR_ROUND_TRIP_MS = 20;

export interface Figure {
  readonly case: string;
  /** As in `ratios`, below its case. */
  readonly name: string;
  readonly variant: string;
  /** Whose results it is made of. */
  readonly methods: readonly string[];
  /** Empty where one of them was not measured. */
  readonly rounds: Rounds;
}

/** By case, then by name; what was not measured is absent. Three significant digits. */
export type Ratios = Readonly<Record<string, Readonly<Record<string, number>>>>;

type Spot = Omit<Figure, 'name' | 'rounds' | 'methods'> & { readonly metric: string };

/** Every figure, also those without a value. */
export function figuresOf(runs: Runs): Figure[] {
  const all = withDerived(runs);
  const rounds = ({ case: name, variant, metric }: Spot, method: string): Rounds =>
    roundsOf(all[name]?.results ?? [], { variant, method, metric });
  const figure = (name: string, spot: Spot, others: readonly string[], values: Rounds): Figure => ({
    case: spot.case,
    name,
    variant: spot.variant,
    methods: [SUBJECT, ...others],
    rounds: values,
  });
  const own = (name: string, spot: Spot, method = SUBJECT): Figure => ({
    ...figure(name, spot, [], rounds(spot, method)),
    methods: [method],
  });
  const versus = (name: string, spot: Spot, other: string): Figure =>
    figure(
      name,
      spot,
      [other],
      combine([rounds(spot, SUBJECT), rounds(spot, other)], (a, b) => a / b),
    );

  /** Where HAProxy was as quick as plain routing there is nothing to compare with. */
  const addedVersus = (spot: Spot): Figure =>
    figure(
      'addedP50VsHaproxy',
      spot,
      [HAPROXY, PLAIN],
      combine(
        [SUBJECT, HAPROXY, PLAIN].map((method) => rounds(spot, method)),
        (ours, theirs, plain) => (theirs > plain ? (ours - plain) / (theirs - plain) : Number.NaN),
      ),
    );

  const throughput = { case: 'relay', variant: RELAY_VARIANT, metric: 'throughputMbps' };
  const cpu = { ...throughput, metric: 'routerCpuSecondsPerGb' };
  const setup = { case: 'setup', variant: SETUP_VARIANT, metric: 'connectionsPerSecond' };
  const far = { case: 'setup', variant: SETUP_FAR_VARIANT, metric: 'firstByteP50Ms' };
  const many = { case: 'many', variant: MANY_VARIANT, metric: 'routerRssBytesPerFlow' };
  const sizes = [...new Set(all['small']?.results.map(({ variant }) => variant))].map((variant) => ({
    case: 'small',
    variant,
    metric: 'p50Us',
  }));
  // A size that wanbond failed at is the worst, although it has no figure.
  const failed = sizes.find((spot) => hasFailed(rounds(spot, SUBJECT)));
  const worst =
    (failed && addedVersus(failed)) ??
    largest(sizes.map(addedVersus)) ??
    addedVersus({ case: 'small', variant: 'every size', metric: 'p50Us' });
  return [
    versus('throughputVsHaproxy', throughput, HAPROXY),
    versus('throughputVsSsRedirAesGcm', throughput, SS_REDIR),
    versus('throughputVsNativeMptcp', throughput, NATIVE),
    versus('routerCpuVsHaproxy', cpu, HAPROXY),
    versus('routerCpuVsSsRedirAesGcm', cpu, SS_REDIR),
    versus('connRateVsHaproxy', setup, HAPROXY),
    versus('p50VsHaproxy', { ...setup, metric: 'firstByteP50Ms' }, HAPROXY),
    versus('p99VsHaproxy', { ...setup, metric: 'firstByteP99Ms' }, HAPROXY),
    figure(
      'warmMinusPlainRtts',
      far,
      [PLAIN],
      combine(
        [rounds(far, SUBJECT), rounds(far, PLAIN)],
        (ours, plain) => (ours - plain) / FAR_ROUND_TRIP_MS,
      ),
    ),
    worst,
    own('bytesPerIdleFlow', many),
    own('rssAtStartMb', { ...many, metric: 'routerRssAtStartMb' }, ONE_WORKER),
  ];
}

export function ratiosOf(runs: Runs): Ratios {
  const ratios: Record<string, Record<string, number>> = {};
  for (const { case: name, name: key, rounds } of figuresOf(runs)) {
    const of = (ratios[name] ??= {});
    const summary = summarize(rounds);
    if (summary) of[key] = rounded(summary.median);
  }
  return ratios;
}

export const rounded = (value: number): number => Number(value.toPrecision(3));

const hasFailed = (rounds: Rounds): boolean => rounds.length > 0 && summarize(rounds) === undefined;

/** By median; those without a value count least. */
function largest(figures: readonly Figure[]): Figure | undefined {
  const size = ({ rounds }: Figure): number => summarize(rounds)?.median ?? Number.NEGATIVE_INFINITY;
  return figures.toSorted((a, b) => size(b) - size(a))[0];
}
