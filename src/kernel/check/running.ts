// The kernel that runs here: its config where it can be read, its modules, and what it does when it is tried.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { tryKernel } from '../../linux/kernel-tries.ts';
import { versionIn } from '../kernel-version.ts';
import { type ReadConfig, readConfigFile } from './read-config.ts';

/** Where kernels and distributions leave the config of the kernel `name`. */
const configPlaces = (name: string): string[] => [
  '/proc/config.gz',
  `/boot/config-${name}`,
  `/lib/modules/${name}/config`,
  `/lib/modules/${name}/build/.config`,
];

/** `files` is empty where no config can be read. */
export function readRunning(): ReadConfig {
  const name = release();
  const file = configPlaces(name).find((one) => existsSync(one));
  const config = file === undefined ? undefined : readConfigFile(file);
  return {
    files: config?.files ?? [],
    facts: {
      version: versionIn(name),
      versionText: name,
      config: config?.facts.config,
      trials: tryKernel(),
      modules: readModules(`/lib/modules/${name}`),
      openwrt: undefined,
      isRunning: true,
    },
  };
}

/** Names as `lsmod` writes them. Undefined where there is no folder of modules. */
export function readModules(folder: string): ReadonlySet<string> | undefined {
  if (!existsSync(folder)) return undefined;
  const lists = ['modules.builtin', 'modules.dep']
    .map((name) => join(folder, name))
    .filter((one) => existsSync(one))
    .flatMap((one) => readFileSync(one, 'utf8').split('\n'));
  // OpenWrt has no lists, and all modules side by side.
  const names = [...lists.map((line) => line.split(':')[0] ?? ''), ...readdirSync(folder)];
  return new Set(
    names.flatMap((path) => /([^/]+)\.ko(?:\.\w+)?$/.exec(path)?.[1]?.replaceAll('-', '_') ?? []),
  );
}
