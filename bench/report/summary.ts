// The outcome for the terminal: each figure against its target.
import Table from 'cli-table3';
import { onStdout as pc } from '../../src/cli/colors.ts';
import type { Runs } from '../results.ts';
import { verdictsOf } from './verdicts.ts';

/** No line break at the end. */
export function renderSummary(runs: Runs): string {
  const table = new Table({
    head: ['wanbond, convert', 'target', 'figure', 'range', 'rounds', 'verdict'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  const verdicts = verdictsOf(runs);
  for (const { what, target, figure, range, rounds, verdict, isMet } of verdicts) {
    const colored = isMet === undefined ? verdict : isMet ? pc.green(verdict) : pc.red(verdict);
    table.push([what, target, pc.bold(figure), range, rounds, colored]);
  }
  return [table.toString(), ...counts(verdicts.map(({ isMet }) => isMet)), ...failed(runs)].join('\n');
}

function counts(outcomes: readonly (boolean | undefined)[]): string[] {
  const [met, missed] = [true, false].map((is) => outcomes.filter((isMet) => isMet === is).length);
  return [`targets      ${met} met, ${missed} missed`];
}

function failed(runs: Runs): string[] {
  const reasons = Object.entries(runs).flatMap(([name, { results }]) =>
    results.flatMap(({ method, variant, failure }) =>
      failure === undefined ? [] : [`failed       ${name}, ${variant}, ${method}: ${failure}`],
    ),
  );
  return [...new Set(reasons)];
}
