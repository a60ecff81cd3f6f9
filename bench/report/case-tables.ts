// The tables of one case in Markdown: methods as rows, medians with their range, and below what failed and what is missing.
import type { Result } from '../results.ts';
import type { Layout } from './cases.ts';
import { type Column, type TablePlan, tablePlans } from './columns.ts';
import { inOrder, labelOf, isOurs, METHODS, ONE_WORKER } from './labels.ts';
import { markdownTable, plainText } from './markdown.ts';
import { range, significant } from './numbers.ts';
import { RELAY_VARIANT } from './ratios.ts';
import { resultOf, summarize } from './rounds.ts';

/** The redirector of 2017, which had to encrypt, reached this much of the throughput of plain routing. */
const LINE_TO_BEAT = {
  label: 'redirector of 2017 (the line to beat)',
  metric: 'throughputVsPlain',
  value: 0.11,
};
const NOTHING = '–';

/** Paragraphs and tables, without the case's heading. */
export function caseTables(results: readonly Result[], layouts: readonly Layout[]): string[] {
  return [
    ...tablePlans(results, layouts).flatMap((plan) => [
      `**${plainText(plan.caption)}**`,
      table(plan, results),
    ]),
    ...failedRounds(results),
    ...absentMethods(results),
  ];
}

function table({ columns }: TablePlan, results: readonly Result[]): string {
  const isIn = ({ variant, metric }: Result): boolean =>
    columns.some((column) => column.variant === variant && column.metric === metric);
  const methods = inOrder(results.filter(isIn).map(({ method }) => method));
  const rows = methods.map((method) => [
    label(method),
    ...columns.map((column) => cell(results, method, column)),
  ]);
  return markdownTable(
    ['', ...columns.map(({ heading }) => plainText(heading))],
    [...rows, ...lineToBeat(columns)],
  );
}

const label = (method: string): string =>
  isOurs(method) ? `**${labelOf(method)}**` : plainText(labelOf(method));

function cell(results: readonly Result[], method: string, { variant, metric, unit }: Column): string {
  const result = resultOf(results, { variant, method, metric });
  if (!result) return NOTHING;
  const summary = summarize(result.values);
  if (!summary) return 'failed';
  const spread = range(summary.least, summary.most, unit);
  const notes = [
    ...(spread === undefined ? [] : [spread]),
    ...(summary.rounds < summary.of ? [`${summary.of - summary.rounds} of ${summary.of} failed`] : []),
  ];
  const middle = significant(summary.median, unit);
  return notes.length === 0 ? middle : `${middle} <small>${notes.join('; ')}</small>`;
}

function lineToBeat(columns: readonly Column[]): string[][] {
  const isIts = ({ metric, variant }: Column): boolean =>
    metric === LINE_TO_BEAT.metric && variant === RELAY_VARIANT;
  if (!columns.some(isIts)) return [];
  const cells = columns.map((column) => (isIts(column) ? significant(LINE_TO_BEAT.value) : NOTHING));
  return [[`*${LINE_TO_BEAT.label}*`, ...cells]];
}

/** One line for a method and variant, however many of its metrics it took along. */
function failedRounds(results: readonly Result[]): string[] {
  const lines = results
    .filter(({ failure, values }) => failure !== undefined || values.includes(undefined))
    .map(({ method, variant, values, failure }) => {
      const failed = values.filter((value) => value === undefined).length;
      const reason = plainText(failure ?? 'the reason is not known');
      return `- ${plainText(labelOf(method))}, ${plainText(variant)}: ${failed} of ${values.length} (${reason})`;
    });
  return lines.length === 0
    ? []
    : [['Rounds that failed, with the first reason:', '', ...new Set(lines)].join('\n')];
}

function absentMethods(results: readonly Result[]): string[] {
  const absent = METHODS.filter(
    (name) => name !== ONE_WORKER && results.every(({ method }) => method !== name),
  ).map(labelOf);
  return absent.length === 0 ? [] : [`Not run here: ${absent.join('; ')}.`];
}
