// Finds files in root file systems that are laid over each other, as the kernel will show them: links stay inside.
import { lstatSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** As many as the kernel follows. */
const MAX_LINKS = 40;

/**
 * Where a file is on this machine, links followed; undefined: it is not there.
 * @param layers absolute folders, the topmost first @param path absolute, as programs inside name it
 */
export function findInLayers(layers: readonly string[], path: string): string | undefined {
  const rest = path.split('/');
  // From the root, without links.
  let names: readonly string[] = [];
  let found: string | undefined;
  for (let links = 0; rest.length > 0; ) {
    const name = rest.shift() ?? '';
    if (name === '' || name === '.') continue;
    if (name === '..') {
      names = names.slice(0, -1);
      continue;
    }
    found = layers.map((layer) => join(layer, ...names, name)).find(isThere);
    if (found === undefined) return undefined;
    if (!lstatSync(found).isSymbolicLink()) {
      names = [...names, name];
      continue;
    }
    links += 1;
    if (links > MAX_LINKS) return undefined;
    const link = readlinkSync(found);
    if (link.startsWith('/')) names = [];
    rest.unshift(...link.split('/'));
  }
  return layers.map((layer) => join(layer, ...names)).find(isThere);
}

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
