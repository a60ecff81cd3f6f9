// Writes the report: docs/performance.json, the measured part of docs/performance.md, and the plots beside them.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Runs } from '../results.ts';
import { PLOTS_DIR, withReport } from './document.ts';
import { plotsOf } from './plots.ts';
import { ratiosOf } from './ratios.ts';

const DOCUMENT = 'performance.md';
const DATA = 'performance.json';

export interface ReportOptions {
  /** Holds `performance.md` with the marks. */
  readonly docsDir: string;
}

/**
 * All or, when one cannot be written, none; a file is never half there.
 * @throws WanbondError `no-bench-marks`, and what the file system says
 */
export function writeReport(runs: Runs, { docsDir }: ReportOptions): void {
  const document = withReport(readFileSync(join(docsDir, DOCUMENT), 'utf8'), runs);
  replaceAll([
    ...plotsOf(runs).map(({ file, svg }) => ({ path: join(docsDir, PLOTS_DIR, file), text: svg })),
    { path: join(docsDir, DOCUMENT), text: document },
    { path: join(docsDir, DATA), text: dataText(runs) },
  ]);
}

interface File {
  readonly path: string;
  readonly text: string;
}

/** Everything is on the disk under another name before the first file takes its place. */
function replaceAll(files: readonly File[]): void {
  const fresh = files.map(({ path }) => `${path}.new`);
  try {
    for (const [index, { path, text }] of files.entries()) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(fresh[index] as string, text);
    }
    for (const [index, { path }] of files.entries()) renameSync(fresh[index] as string, path);
  } finally {
    for (const path of fresh) rmSync(path, { force: true });
  }
}

/** A result a line, so that a difference shows which results are others. */
function dataText(runs: Runs): string {
  const cases = Object.entries(runs).map(([name, { environment, results }]) =>
    [
      `    ${JSON.stringify(name)}: {`,
      `      "environment": ${JSON.stringify(environment)},`,
      '      "results": [',
      results.map((result) => `        ${JSON.stringify(result)}`).join(',\n'),
      '      ]',
      '    }',
    ].join('\n'),
  );
  const ratios = JSON.stringify(ratiosOf(runs), undefined, 2).replaceAll('\n', '\n  ');
  return `{\n  "ratios": ${ratios},\n  "runs": {\n${cases.join(',\n')}\n  }\n}\n`;
}
