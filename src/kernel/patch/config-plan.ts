// Which symbols the merged code adds, and the generic config of an OpenWrt tree with them.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Git } from '../git.ts';
import { parseConfig, setSymbols, type SymbolChange } from '../config-file.ts';
import { statesIn } from './files.ts';
import { addedSymbols, parseKconfig, type SymbolValue, valuesFor } from './kconfig.ts';
import type { OpenwrtTree } from './openwrt-tree.ts';

export interface ConfigPlan {
  /** Relative to the tree. */
  readonly file: string;
  readonly text: string;
  readonly changes: readonly SymbolChange[];
}

/** @param paths all that differ between the trees */
export async function newSymbols(
  git: Git,
  before: string,
  after: string,
  paths: readonly string[],
  chosen: readonly SymbolValue[],
): Promise<SymbolValue[]> {
  const files = paths.filter((path) => /(?:^|\/)Kconfig[^/]*$/.test(path));
  const read = async (tree: string): Promise<string> =>
    [...(await statesIn(git, tree, files)).values()]
      .map(({ content }) => content.toString('latin1'))
      .join('\n');
  const added = addedSymbols(parseKconfig(await read(before)), parseKconfig(await read(after)));
  return valuesFor(added, chosen);
}

/** Undefined where the tree has no generic config, or there is nothing to set. */
export function planConfig(tree: OpenwrtTree, values: readonly SymbolValue[]): ConfigPlan | undefined {
  if (tree.genericConfig === undefined || values.length === 0) return undefined;
  const text = readFileSync(join(tree.root, tree.genericConfig), 'utf8');
  return { file: tree.genericConfig, ...setSymbols(text, values) };
}

/** What comes after the generic config: lines of targets' own that say something else, and options of the .config. */
export function contradictions(tree: OpenwrtTree, values: readonly SymbolValue[]): string[] {
  return [...optionsOf(tree, values), ...targetLines(tree, values)];
}

function optionsOf({ root }: OpenwrtTree, values: readonly SymbolValue[]): string[] {
  const file = 'config/Config-kernel.in';
  const text = existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : '';
  const known = values.flatMap(({ name }) =>
    new RegExp(`^\\s*config KERNEL_${name}$`, 'm').test(text) ? [`CONFIG_KERNEL_${name}`] : [],
  );
  return known.length === 0
    ? []
    : [`${known.join(', ')} of the tree's .config decides, and not the generic config`];
}

function targetLines(tree: OpenwrtTree, values: readonly SymbolValue[]): string[] {
  return tree.targets.flatMap(({ configs }) =>
    configs.flatMap((file) => {
      const config = parseConfig(readFileSync(join(tree.root, file), 'utf8'));
      const names = values.filter(({ name, value }) => {
        const said = config.get(name);
        return said !== undefined && said.replaceAll('"', '') !== value;
      });
      return names.length === 0
        ? []
        : [
            `${file} says otherwise of ${names.map(({ name }) => `CONFIG_${name}`).join(', ')}, and comes after the generic config`,
          ];
    }),
  );
}
