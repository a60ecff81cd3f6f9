// Which tables a case gets and what their columns are, from its layouts and from what was measured.
import type { Result } from '../results.ts';
import type { Layout } from './cases.ts';
import { metricOf, withUnit } from './metrics.ts';
import { type Unit, unitFor } from './numbers.ts';
import { summarize } from './rounds.ts';

export interface Column {
  readonly heading: string;
  readonly variant: string;
  readonly metric: string;
  readonly unit: Unit;
}

export interface TablePlan {
  readonly caption: string;
  /** At least one. */
  readonly columns: readonly Column[];
}

/** Metrics that no layout names get a table each, at the end. */
export function tablePlans(results: readonly Result[], layouts: readonly Layout[]): TablePlan[] {
  const named = new Set(layouts.flatMap((layout) => ('metric' in layout ? [layout.metric] : layout.metrics)));
  const others = unique(results.map(({ metric }) => metric)).filter((metric) => !named.has(metric));
  return [...layouts, ...others.map((metric) => ({ metric }))].flatMap((layout) =>
    'metric' in layout ? overVariants(results, layout.metric) : overMetrics(results, layout),
  );
}

function overVariants(results: readonly Result[], metric: string): TablePlan[] {
  const ofIt = results.filter((result) => result.metric === metric);
  const unit = unitOf(ofIt);
  const variants = unique(ofIt.map(({ variant }) => variant));
  if (variants.length === 0) return [];
  const caption = withUnit(metricOf(metric).title, unit);
  return [
    {
      caption: caption.charAt(0).toUpperCase() + caption.slice(1),
      columns: variants.map((variant) => ({ heading: variant, variant, metric, unit })),
    },
  ];
}

/** One table for each variant, or for the one that the layout names. */
function overMetrics(
  results: readonly Result[],
  { metrics, variant: only }: Extract<Layout, { metrics: readonly string[] }>,
): TablePlan[] {
  return unique(results.map(({ variant }) => variant))
    .filter((variant) => only === undefined || variant === only)
    .map((variant) => ({ caption: variant, columns: columnsOf(results, variant, metrics) }))
    .filter(({ columns }) => columns.length > 0);
}

function columnsOf(results: readonly Result[], variant: string, metrics: readonly string[]): Column[] {
  return metrics.flatMap((metric) => {
    const ofIt = results.filter((result) => result.metric === metric && result.variant === variant);
    if (ofIt.length === 0) return [];
    const unit = unitOf(ofIt);
    return [{ heading: withUnit(metricOf(metric).title, unit), variant, metric, unit }];
  });
}

/** One for all results of a metric. */
function unitOf(results: readonly Result[]): Unit {
  const medians = results.map(({ values }) => summarize(values)?.median).filter((one) => one !== undefined);
  return unitFor(metricOf(results[0]?.metric ?? '').units, medians);
}

const unique = (values: readonly string[]): string[] => [...new Set(values)];
