// Entry of `make bench`: runs the cases that are asked for, side by side, and writes the report.
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { WanbondError } from '../src/base/error.ts';
import { CASES } from './cases/all.ts';
import { environmentOf } from './environment.ts';
import { METHODS } from './methods/all.ts';
import { renderSummary } from './report/summary.ts';
import { allowManyFiles } from './open-files.ts';
import { writeReport } from './report/write.ts';
import { type CaseRun, readRuns } from './results.ts';
import { runRounds } from './rounds.ts';
import { requireTcpMemory } from './tcp-memory.ts';

interface Options {
  readonly cases?: readonly (typeof CASES)[number][];
  readonly methods?: readonly (typeof METHODS)[number][];
  readonly rounds: number;
  readonly docs: string;
  readonly dryRun?: true;
  readonly underPressure?: true;
}

const names = (all: readonly { readonly name: string }[]): string => all.map(({ name }) => name).join(', ');

/** Names with commas between them, each of `all`. */
function pick<T extends { readonly name: string }>(all: readonly T[]) {
  return (text: string): T[] =>
    text.split(',').map((name) => {
      const found = all.find((one) => one.name === name.trim());
      if (found) return found;
      throw new InvalidArgumentError(`There is no "${name.trim()}". Choose from ${names(all)}.`);
    });
}

function count(text: string): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value > 0))
    throw new InvalidArgumentError('A number from 1 on is wanted.');
  return value;
}

const program = new Command('bench')
  .description(
    'Measures wanbond beside what one would take instead; as root, in network namespaces of its own.',
  )
  .option('--cases <names>', `of ${names(CASES)}; otherwise all`, pick(CASES))
  .option('--methods <names>', `of ${names(METHODS)}; otherwise all that suit a case`, pick(METHODS))
  .option('--rounds <n>', 'each method once a round', count, 5)
  .option('--docs <folder>', 'where the report goes', 'docs')
  .option('--dry-run', 'measure and print, write nothing')
  .option('--under-pressure', 'also where the kernel has no memory left for TCP: figures mean nothing')
  .parse();
const { cases = CASES, methods = METHODS, rounds, docs, dryRun, underPressure } = program.opts<Options>();

if (!underPressure) {
  try {
    requireTcpMemory();
  } catch (error) {
    if (!(error instanceof WanbondError)) throw error;
    program.error(`${error.message}.\n${error.hint}`);
  }
}

await allowManyFiles();
const startedMs = Date.now();
const versions: Record<string, string> = {};
const minutes = (ms: number): string => `${Math.round(ms / 60_000)} min`;

const results = await runRounds(
  { cases, methods, rounds },
  {
    onStep(step, of, text) {
      const leftMs = step > 1 ? ((Date.now() - startedMs) / (step - 1)) * (of - step + 1) : undefined;
      console.log(`[${step}/${of}${leftMs === undefined ? '' : `, ${minutes(leftMs)} left`}] ${text}`);
    },
    onMeasured: (text) => console.log(`    ${text}`),
    onVersion: (method, version) => {
      versions[method] = version;
    },
  },
);

const given = Object.entries({ CASES: '--cases', METHODS: '--methods', ROUNDS: '--rounds' }).flatMap(
  ([variable, option]) => {
    const at = process.argv.indexOf(option);
    return at < 0 ? [] : [`${variable}=${process.argv[at + 1]}`];
  },
);
const command = ['make bench', ...given].join(' ');
const environment = await environmentOf(versions, command);
const fresh: Record<string, CaseRun> = Object.fromEntries(
  cases.map(({ name }) => [name, { environment, results: results.filter((result) => result.case === name) }]),
);
console.log(renderSummary(fresh));
if (!dryRun) {
  writeReport({ ...readRuns(join(docs, 'performance.json')), ...fresh }, { docsDir: docs });
  console.log(`Written: ${docs}/performance.md, performance.json and the plots beside them.`);
}
