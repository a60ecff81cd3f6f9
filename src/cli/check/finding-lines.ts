// Findings as lines for people: how bad, about what, and what to do.
import { onStdout as pc } from '../colors.ts';

export const MARKS = {
  ok: pc.green('ok  '),
  note: pc.dim('-   '),
  warn: pc.yellow('warn'),
  fail: pc.red(pc.bold('FAIL')),
};

interface Line {
  readonly level: keyof typeof MARKS;
  readonly subject: string;
  readonly message: string;
  readonly hint?: string;
}

export function findingLines(findings: readonly Line[]): string[] {
  const width = Math.max(...findings.map(({ subject }) => subject.length));
  return findings.flatMap(({ level, subject, message, hint }) => [
    `${MARKS[level]}  ${subject.padEnd(width)}  ${message}`,
    ...(hint === undefined || hint === '' ? [] : [`${' '.repeat(width + 8)}${pc.dim('→')} ${hint}`]),
  ]);
}
