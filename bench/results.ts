// What a run measures, as data: written to docs/performance.json, read again when only some cases are run anew.
import { readFileSync } from 'node:fs';

export interface Result {
  /** `relay`, `setup`, ... */
  readonly case: string;
  /** What the case varies besides the method, like `2 paths, 1 stream, down`. */
  readonly variant: string;
  readonly method: string;
  /** Lower camel case with the unit at its end, like `throughputMbps` or `routerCpuSecondsPerGb`. */
  readonly metric: string;
  /** One a round, in order, so that two methods can be compared round by round; undefined where the round failed. */
  readonly values: readonly (number | undefined)[];
  /** Why rounds failed, when some did: the first reason. */
  readonly failure?: string;
}

export interface Environment {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly node: string;
  readonly os: string;
  /** By method name, those that ran. */
  readonly versions: Readonly<Record<string, string>>;
  /** ISO 8601. */
  readonly date: string;
  readonly command: string;
  /** Of this repository, abbreviated; undefined where it is not known. */
  readonly commit?: string | undefined;
}

/** One case as it was last run: cases that are run alone later may come from another day or machine. */
export interface CaseRun {
  readonly environment: Environment;
  readonly results: readonly Result[];
}

/** By case name. */
export type Runs = Readonly<Record<string, CaseRun>>;

/** Empty where the file is not there. */
export function readRuns(file: string): Runs {
  try {
    const { runs } = JSON.parse(readFileSync(file, 'utf8')) as { runs: Runs };
    return Object.fromEntries(Object.entries(runs).map(([name, run]) => [name, withUndefined(run)]));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

/** JSON has null where a round failed. */
function withUndefined(run: CaseRun): CaseRun {
  const results = run.results.map((result) => ({
    ...result,
    values: result.values.map((value) => value ?? undefined),
  }));
  return { ...run, results };
}
