// `wanbond uci check`: every mistake in a UCI file, in the words of UCI.
import { Command } from 'commander';
import { ConfigError, formatProblem } from '../../config/problem.ts';
import { loadUci, type LoadedUci } from '../../openwrt/load-uci.ts';
import { UCI_FILE } from '../../openwrt/places.ts';
import { MARKS } from '../check/finding-lines.ts';
import { onStdout as pc } from '../colors.ts';

export function uciCheckCommand(): Command {
  return new Command('check')
    .description('say what is wrong with a UCI config; change nothing')
    .argument('[file]', 'the UCI file', UCI_FILE)
    .action((file: string) => {
      const { lines, isGood } = report(file);
      process.stdout.write(`${lines.join('\n')}\n`);
      process.exitCode = isGood ? 0 : 1;
    });
}

function report(file: string): { readonly lines: readonly string[]; readonly isGood: boolean } {
  let loaded: LoadedUci;
  try {
    loaded = loadUci(file);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const lines = error.problems.map((problem) => `${MARKS.fail}  ${formatProblem(file, problem)}`);
    return { lines: [...lines, '', pc.red(`${lines.length} to correct.`)], isGood: false };
  }
  const warnings = loaded.warnings.map((problem) => `${MARKS.warn}  ${formatProblem(file, problem)}`);
  const state = loaded.isEnabled ? 'enabled' : 'disabled';
  return {
    lines: [
      ...warnings,
      `${MARKS.ok}  ${file}: ${loaded.role} config, ${state}`,
      '',
      pc.green('Nothing fails.'),
    ],
    isGood: true,
  };
}
