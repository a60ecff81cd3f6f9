// Where in an OpenWrt tree a patch belongs, which of its targets matter, and what the patch is called there.
import { join } from 'node:path';
import { WanbondError } from '../../base/error.ts';
import { suggest } from '../../config/suggest.ts';
import { chooseNumber, DEFAULT_NUMBER, earlierVersions, nameOfBranch, type PatchNaming } from './names.ts';
import { KINDS, type OpenwrtTree } from './openwrt-tree.ts';
import type { PatchRequest } from './request.ts';
import { listSeries } from './series.ts';

export interface Destination {
  /** Relative to the tree. */
  readonly folder: string;
  readonly naming: PatchNaming;
  /** Earlier versions of the same patch, which go. */
  readonly removed: readonly string[];
}

/**
 * @param mainline the version that a back-port is of, as "v6.12"
 * @throws WanbondError `no-such-folder`, `patch-there`, `number-taken`
 */
export function chooseDestination(
  tree: OpenwrtTree,
  request: PatchRequest,
  mainline: string | undefined,
  short: string,
): Destination {
  const folder = chooseFolder(tree, request.into, mainline !== undefined);
  const names = listSeries(join(tree.root, folder));
  const name = nameOfBranch(request.name ?? request.paths[0] ?? request.branch).replace(/\.[ch]$/, '');
  const draft: PatchNaming = { number: request.number ?? DEFAULT_NUMBER, name, mainline, short };
  const earlier = earlierVersions(names, draft);
  const kept = names.filter((one) => !earlier.includes(one));
  // A new version takes the place of the one before.
  const before = earlier[0] === undefined ? undefined : Number.parseInt(earlier[0], 10);
  const wanted = request.number ?? before ?? DEFAULT_NUMBER;
  const number = chooseNumber(kept, wanted, request.number !== undefined);
  return { folder, naming: { ...draft, number }, removed: earlier };
}

/** Nothing that is there goes without being asked for. @param made names of this run */
export function refuseToReplace(
  { folder, removed }: Destination,
  made: readonly string[],
  isReplacing: boolean,
): void {
  const others = removed.filter((name) => !made.includes(name));
  if (others.length === 0 || isReplacing) return;
  throw new WanbondError({
    code: 'patch-there',
    message: `${folder} has an earlier version of this patch: ${others.slice(0, 3).join(', ')}${others.length > 3 ? ` and ${others.length - 3} more` : ''}`,
    hint: 'Give --replace to put the new one in its place, or --name to have both.',
  });
}

function chooseFolder(tree: OpenwrtTree, into: string | undefined, isBackport: boolean): string {
  const isOld = tree.generic.length === 1;
  if (into === undefined) {
    const kind = isBackport ? 'backport' : 'hack';
    return (isOld ? tree.generic[0] : tree.generic[KINDS.indexOf(kind)]) ?? '';
  }
  const asked = into.replace(/\/+$/, '');
  const all = [...tree.generic, ...tree.targets.map(({ patches }) => patches)];
  const kind = KINDS.findIndex((one) => one === asked);
  const found = all.find((one) => one === asked) ?? (isOld || kind === -1 ? undefined : tree.generic[kind]);
  if (found !== undefined) return found;
  const known = isOld ? all : [...KINDS, ...all];
  throw new WanbondError({
    code: 'no-such-folder',
    message: `this tree takes no patches in "${into}" (--into)`,
    hint: `Use ${suggest(asked, known) ?? known.slice(0, 6).join(', ')}.`,
  });
}

/** The names of targets, of what the operator calls them: x86, target/linux/x86. @throws WanbondError `no-such-target` */
export function chooseTargets(tree: OpenwrtTree, asked: readonly string[]): string[] {
  const known = tree.targets.map(({ name }) => name);
  return asked.map((text) => {
    const name = text.replace(/^(?:\.\/)?target\/linux\//, '').split('/')[0] ?? '';
    if (known.includes(name)) return name;
    throw new WanbondError({
      code: 'no-such-target',
      message: `this tree has no target "${text}" with this kernel (--subdir)`,
      hint: `Use ${suggest(name, known) ?? (known.join(', ') || 'a tree that has targets')}.`,
    });
  });
}
