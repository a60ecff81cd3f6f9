// Which plots the document has, made from the runs: none where there is nothing to draw.
import type { Result, Runs } from '../results.ts';
import { type Bar, type Panel, renderBars } from './bar-plot.ts';
import { withDerived } from './derived.ts';
import { inOrder, isOurs, labelOf } from './labels.ts';
import { type LinePanel, renderLines } from './line-plot.ts';
import { metricOf, withUnit } from './metrics.ts';
import { NO_UNIT, type Unit, unitFor } from './numbers.ts';
import { RELAY_VARIANT, SETUP_FAR_VARIANT, SETUP_VARIANT } from './ratios.ts';
import { roundsOf, type Summary, summarize } from './rounds.ts';

export interface Plot {
  readonly case: string;
  readonly file: string;
  /** For readers who do not see it. */
  readonly description: string;
  readonly svg: string;
}

/** One panel of bars: the parts, if any, add up to the metric. */
interface PanelSource {
  readonly variant: string;
  readonly metric: string;
  readonly parts?: readonly string[];
  readonly title?: string;
}

interface BarSource {
  readonly case: string;
  readonly file: string;
  readonly title: string;
  readonly subtitle: string;
  readonly panels: readonly PanelSource[];
}

const RANGE = 'median, line: range of the rounds';
const BARS: readonly BarSource[] = [
  {
    case: 'relay',
    file: 'relay-throughput.svg',
    title: 'Throughput through each method; more is better',
    subtitle: `links without a limit; ${RANGE}`,
    panels: [{ variant: RELAY_VARIANT, metric: 'throughputMbps' }],
  },
  {
    case: 'relay',
    file: 'relay-cpu.svg',
    title: 'CPU time of the router for each GB; less is better',
    subtitle: `dark: in the programs (user), light: in the kernel (system); ${RANGE}`,
    panels: [
      {
        variant: RELAY_VARIANT,
        metric: 'routerCpuSecondsPerGb',
        parts: ['routerUserSecondsPerGb', 'routerSystemSecondsPerGb'],
      },
    ],
  },
  {
    case: 'setup',
    file: 'setup.svg',
    title: 'Time from connecting to the first byte; less is better',
    subtitle: RANGE,
    panels: [
      { variant: SETUP_VARIANT, metric: 'firstByteP50Ms', title: 'median' },
      { variant: SETUP_VARIANT, metric: 'firstByteP99Ms', title: '99th percentile' },
      { variant: SETUP_FAR_VARIANT, metric: 'firstByteP50Ms', title: 'median' },
    ],
  },
  {
    case: 'failover',
    file: 'failover.svg',
    title: 'The WAN of the default route dies; less is better',
    subtitle: `how long a running download stands still, and how long a new connection takes; ${RANGE}`,
    panels: [
      { variant: 'carrier lost', metric: 'stallMs', title: 'download' },
      { variant: 'silent', metric: 'stallMs', title: 'download' },
      { variant: 'silent', metric: 'newConnectionMs', title: 'new connection' },
    ],
  },
];

export function plotsOf(runs: Runs): Plot[] {
  const all = withDerived(runs);
  return [...BARS.flatMap((source) => barPlot(source, resultsOf(all, source.case))), ...growthPlot(all)];
}

const resultsOf = (runs: Runs, name: string): readonly Result[] => runs[name]?.results ?? [];

function barPlot(source: BarSource, results: readonly Result[]): Plot[] {
  const drawn = source.panels.filter((panel) =>
    results.some((one) => isAt(one, panel) && summarize(one.values) !== undefined),
  );
  if (drawn.length === 0) return [];
  const methods = inOrder(
    results.filter((one) => drawn.some((panel) => isAt(one, panel))).map(({ method }) => method),
  );
  const { title, subtitle, file } = source;
  const rows = methods.map((method) => ({ label: labelOf(method), isHighlighted: isOurs(method) }));
  const svg = renderBars({
    title,
    subtitle,
    rows,
    panels: drawn.map((panel) => panelOf(panel, methods, results)),
  });
  return [{ case: source.case, file, description: title, svg }];
}

const isAt = (result: Result, { variant, metric }: PanelSource): boolean =>
  result.variant === variant && result.metric === metric;

function panelOf(source: PanelSource, methods: readonly string[], results: readonly Result[]): Panel {
  const { variant, metric, parts = [metric], title = metricOf(metric).title } = source;
  const summaryOf = (method: string, name: string): Summary | undefined =>
    summarize(roundsOf(results, { variant, method, metric: name }));
  const unit = unitOf(
    metric,
    methods.map((method) => summaryOf(method, metric)),
  );
  const bars = methods.map((method): Bar | undefined => {
    const summary = summaryOf(method, metric);
    if (!summary) return undefined;
    const { median, least, most } = summary;
    const inUnit = (value: number): number => value / unit.factor;
    return {
      parts: parts.map((name) => inUnit(summaryOf(method, name)?.median ?? 0)),
      median: inUnit(median),
      least: inUnit(least),
      most: inUnit(most),
    };
  });
  return { title: withUnit(title, unit), subtitle: variant, bars };
}

function unitOf(metric: string, summaries: readonly (Summary | undefined)[]): Unit {
  const { units } = metricOf(metric);
  const medians = summaries.flatMap((summary) => summary?.median ?? []);
  return units.length === 0 ? NO_UNIT : unitFor(units, medians);
}

const GROWTH_METRICS = ['routerCpuSecondsPerGb', 'routerRssMb'];

function growthPlot(runs: Runs): Plot[] {
  const results = resultsOf(runs, 'growth');
  const panels = GROWTH_METRICS.map((metric) => growthPanel(metric, results)).filter(
    ({ lines }) => lines.length > 0,
  );
  if (panels.length === 0) return [];
  const title = 'Cost by the number of connections; less is better';
  const subtitle = 'medians; each axis of connections is logarithmic';
  const svg = renderLines({ title, subtitle, xTitle: 'connections', panels });
  return [{ case: 'growth', file: 'growth.svg', description: title, svg }];
}

function growthPanel(metric: string, results: readonly Result[]): LinePanel {
  const ofIt = results.filter((result) => result.metric === metric);
  const unit = unitOf(
    metric,
    ofIt.map(({ values }) => summarize(values)),
  );
  const lines = inOrder(ofIt.map(({ method }) => method)).map((method) => ({
    label: labelOf(method),
    isHighlighted: isOurs(method),
    points: ofIt
      .filter((result) => result.method === method)
      .flatMap(({ variant, values }) => {
        const [flows, summary] = [flowsOf(variant), summarize(values)];
        return flows && summary ? [[flows, summary.median / unit.factor] as const] : [];
      })
      .toSorted(([a], [b]) => a - b),
  }));
  return {
    title: withUnit(metricOf(metric).title, unit),
    lines: lines.filter(({ points }) => points.length > 0),
  };
}

/** From `10,000 flows`. */
function flowsOf(variant: string): number | undefined {
  const digits = /^([\d,]+) flows?$/.exec(variant)?.[1];
  return digits === undefined ? undefined : Number(digits.replaceAll(',', ''));
}
