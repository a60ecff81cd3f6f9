// What an OpenWrt tree can add to its kernel configs by packages and options, and which of them its .config selects.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type KernelConfig, parseConfig } from '../config-file.ts';

export type OpenwrtAddition = { readonly package: string } | { readonly option: string };

export interface OpenwrtOffer {
  has(addition: OpenwrtAddition): boolean;
  /** Undefined where nothing is configured yet. */
  isSelected(addition: OpenwrtAddition): boolean | undefined;
  /** As "y if !SMALL_FLASH"; undefined where there is none. */
  defaultOf(option: string): string | undefined;
}

const MODULES = 'package/kernel/linux/modules';
const OPTIONS = 'config/Config-kernel.in';

/** @param target whose kernel is looked at; the .config of the tree may be for another one, and says nothing then */
export function readOffer(root: string, target: string): OpenwrtOffer {
  const packages = existsSync(join(root, MODULES))
    ? readdirSync(join(root, MODULES))
        .filter((name) => name.endsWith('.mk'))
        .map((name) => readFileSync(join(root, MODULES, name), 'utf8'))
        .join('\n')
    : undefined;
  const options = readIfThere(join(root, OPTIONS));
  const selection = parseSelection(readIfThere(join(root, '.config')) ?? '');
  const isForTarget = selection.get('TARGET_BOARD') === `"${target}"`;
  return offerOf(packages, options, isForTarget ? selection : undefined);
}

/** @param packages the makefiles of kernel packages @param options Config-kernel.in; an incomplete tree is believed to have all */
export function offerOf(
  packages: string | undefined,
  options: string | undefined,
  selection: KernelConfig | undefined,
): OpenwrtOffer {
  const option = (name: string): string | undefined =>
    new RegExp(`^\\s*config ${name}\\n((?:[ \\t].*\\n|\\n)*)`, 'm').exec(`${options}\n`)?.[1];
  return {
    has: (addition) => {
      if ('option' in addition) return options === undefined || option(addition.option) !== undefined;
      const name = addition.package.replace(/^kmod-/, '');
      return packages === undefined || new RegExp(`^define KernelPackage/${name}\\s*$`, 'm').test(packages);
    },
    isSelected: (addition) => {
      if (selection === undefined) return undefined;
      const name = 'option' in addition ? addition.option : `PACKAGE_${addition.package}`;
      return ['y', 'm'].includes(selection.get(name) ?? 'n');
    },
    defaultOf: (name) => /^\s*(?:default|def_bool) (.+)$/m.exec(option(name) ?? '')?.[1],
  };
}

/** Names of packages have dashes, which symbols of the kernel have not. */
export function parseSelection(text: string): KernelConfig {
  const lines = [...text.matchAll(/^CONFIG_([\w.+-]+)=(.*)$/gm)];
  return new Map([...parseConfig(text), ...lines.map(([, name = '', value = '']) => [name, value] as const)]);
}

function readIfThere(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
