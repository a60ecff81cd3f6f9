// Where and how the cases were run: told once where all agree, else with the case that it is true of.
import type { Environment, Runs } from '../results.ts';
import { inOrder, labelOf } from './labels.ts';
import { code, plainText } from './markdown.ts';
import { significant } from './numbers.ts';

export interface Surroundings {
  /** Paragraphs for the whole document. */
  readonly common: readonly string[];
  /** Paragraphs of a case, by its name; empty where everything is common. */
  ofCase(name: string): readonly string[];
}

const TELLING: readonly ((environments: readonly Environment[]) => string | undefined)[] = [
  machine,
  command,
  versions,
];

export function surroundingsOf(runs: Runs): Surroundings {
  const all = Object.values(runs).map(({ environment }) => environment);
  const told = TELLING.map((tell) => ({ tell, common: tell(all) }));
  return {
    common: told.flatMap(({ common }) => common ?? []),
    ofCase: (name) => {
      const environment = runs[name]?.environment;
      if (!environment) return [];
      return told.flatMap(({ tell, common }) => (common === undefined ? (tell([environment]) ?? []) : []));
    },
  };
}

function machine(environments: readonly Environment[]): string | undefined {
  const texts = environments.map(
    ({ cpu, cores, memoryGb, kernel, os, node }) =>
      `Machine: ${plainText(cpu)}, ${cores} cores, ${significant(memoryGb)} GB of memory; ${plainText(os)}, Linux ${plainText(kernel)}, Node ${plainText(node)}.`,
  );
  return theOne(texts);
}

/** A run may take more than a day, so days are no difference. */
function command(environments: readonly Environment[]): string | undefined {
  const text = theOne(environments.map((environment) => code(environment.command)));
  if (text === undefined) return undefined;
  const days = environments.map(({ date }) => date.slice(0, 'yyyy-mm-dd'.length)).toSorted();
  const [first, last] = [days[0], days.at(-1)];
  const commits = [...new Set(environments.flatMap(({ commit }) => commit ?? []))];
  const at = commits.length === 0 ? '' : `, at ${commits.map((one) => code(one)).join(', ')}`;
  return `Command: ${text}, ${first === last ? `on ${first}` : `from ${first} to ${last}`}${at}.`;
}

/** Cases need not have run the same methods, but each in one version. */
function versions(environments: readonly Environment[]): string | undefined {
  const all = environments.flatMap((environment) => Object.entries(environment.versions));
  const byMethod = new Map(all);
  if (all.some(([method, version]) => byMethod.get(method) !== version)) return undefined;
  const texts = inOrder(byMethod.keys()).map(
    (method) => `${plainText(labelOf(method))}: ${plainText(byMethod.get(method) ?? '')}`,
  );
  return texts.length === 0 ? undefined : `Versions: ${texts.join('; ')}.`;
}

const theOne = (texts: readonly string[]): string | undefined =>
  new Set(texts).size === 1 ? texts[0] : undefined;
