// What every part of a run has at hand.
import { WanbondError } from '../../base/error.ts';
import type { Git } from '../git.ts';
import { chooseDestination, chooseTargets, type Destination } from './destination.ts';
import { type OpenwrtTree, readOpenwrtTree } from './openwrt-tree.ts';
import type { PatchRequest, Progress } from './request.ts';
import type { Sources } from './sources.ts';
import type { Views } from './views.ts';

export interface Job {
  readonly git: Git;
  readonly views: Views;
  readonly request: PatchRequest;
  readonly sources: Sources;
  readonly tree: OpenwrtTree;
  readonly isDryRun: boolean;
  readonly progress: Progress;
  readonly scratch: string;
  /** Where conflicts were solved before. */
  readonly worktree: string | undefined;
}

export const mergeTitle = ({ base, branch }: PatchRequest): string => `Merging ${base} into ${branch}`;

/** @throws WanbondError `other-version` when the tree builds another release than the base */
export function readTree({ openwrt, base }: PatchRequest, { version }: Sources): OpenwrtTree {
  const tree = readOpenwrtTree(openwrt, version.series);
  if (tree.builds === undefined || tree.builds === version.full) return tree;
  throw new WanbondError({
    code: 'other-version',
    message: `${openwrt} builds Linux ${tree.builds}, and --base ${base} is ${version.full}`,
    hint: `Give --base v${tree.builds}.`,
  });
}

/** @throws WanbondError for what cannot be in this tree */
export function destinationOf({ tree, request, sources }: Job): Destination {
  chooseTargets(tree, request.targets);
  const isBackport = request.paths.length > 0 && isMainline(request.branch);
  const mainline = isBackport ? `v${sources.branchVersion.series}` : undefined;
  return chooseDestination(tree, request, mainline, sources.branchShort);
}

/** A release of Linux or a branch of its stable releases: v6.12, v6.13-rc2, linux-6.12.y. */
export function isMainline(branch: string): boolean {
  return /^(?:.*\/)?(?:v|linux-)?\d+\.\d+(?:\.\d+)?(?:\.y|-rc\d+)?$/.test(branch);
}
