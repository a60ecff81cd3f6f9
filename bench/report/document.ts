// The measured part of docs/performance.md: verdicts first, then where it was run, then case by case.
import { WanbondError } from '../../src/base/error.ts';
import type { Runs } from '../results.ts';
import { caseTables } from './case-tables.ts';
import { casesInOrder, caseTextOf } from './cases.ts';
import { withDerived } from './derived.ts';
import { markdownTable, plainText } from './markdown.ts';
import { type Plot, plotsOf } from './plots.ts';
import { SUBJECT } from './ratios.ts';
import { labelOf } from './labels.ts';
import { type Surroundings, surroundingsOf } from './surroundings.ts';
import { type Verdict, verdictsOf } from './verdicts.ts';

export const BEGIN = '<!-- bench:begin -->';
export const END = '<!-- bench:end -->';
/** Below the folder of the document. */
export const PLOTS_DIR = 'performance';

/** The text with everything between the marks made anew. @throws WanbondError `no-bench-marks` */
export function withReport(text: string, runs: Runs): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin === -1 || end < begin) {
    throw new WanbondError({
      code: 'no-bench-marks',
      message: `The document has no place for the measured part: ${BEGIN} and then ${END} are not both in it`,
      hint: `Add the two lines "${BEGIN}" and "${END}" to docs/performance.md, where the figures are to stand.`,
    });
  }
  return `${text.slice(0, begin + BEGIN.length)}\n\n${measured(runs)}\n\n${text.slice(end)}`;
}

function measured(runs: Runs): string {
  const names = casesInOrder(Object.keys(runs));
  if (names.length === 0) return 'Nothing was measured yet: `make bench`.';
  const all = withDerived(runs);
  const surroundings = surroundingsOf(runs);
  const plots = plotsOf(runs);
  return [
    `What is asked of ${labelOf(SUBJECT)}, by the median of the ratios of each round, with the range of the rounds in small print:`,
    verdictTable(verdictsOf(runs)),
    ...surroundings.common,
    'Tables: the median of the rounds, in small print the range.',
    ...names.flatMap((name) => caseText(name, all, surroundings, plots)),
  ].join('\n\n');
}

function verdictTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ what, variant, target, figure, range, rounds, verdict, isMet }) => [
    `${plainText(what)} <small>${plainText(variant)}</small>`,
    target,
    range === '' ? figure : `${figure} <small>${range}</small>`,
    rounds,
    isMet === false ? `**${plainText(verdict)}**` : plainText(verdict),
  ]);
  return markdownTable(['what', 'target', 'figure', 'rounds', 'verdict'], rows, 'left');
}

function caseText(name: string, runs: Runs, surroundings: Surroundings, plots: readonly Plot[]): string[] {
  const { title, sentence, layouts } = caseTextOf(name);
  return [
    `### ${plainText(title)}`,
    sentence,
    ...surroundings.ofCase(name),
    ...caseTables(runs[name]?.results ?? [], layouts),
    ...plots
      .filter((plot) => plot.case === name)
      .map(({ file, description }) => `![${plainText(description)}](${PLOTS_DIR}/${file})`),
  ];
}
