// `wanbond kernel patch` from its request to its result: begun, continued, thrown away.
import { join } from 'node:path';
import { WanbondError } from '../../base/error.ts';
import { Git } from '../git.ts';
import { withScratch } from '../scratch.ts';
import { refuseToReplace } from './destination.ts';
import { finish } from './finish.ts';
import { destinationOf, type Job, mergeTitle, readTree } from './job.ts';
import { mergeCommits } from './merge.ts';
import { lumpName, splitNames } from './names.ts';
import { commitPatch, requireText, wholePatch } from './patch-text.ts';
import type { PatchRequest, PatchResult, Progress, Reconsidered } from './request.ts';
import { closeSession, refuseUnfinished, requireSession, resolvedTree } from './session.ts';
import { findSources } from './sources.ts';
import { pickAll, picked, type PickState, startPicking } from './split.ts';
import { stop } from './stop.ts';
import { Views } from './views.ts';

export function makePatch(
  request: PatchRequest,
  isDryRun: boolean,
  progress: Progress,
): Promise<PatchResult> {
  return withScratch('run', async (scratch) => {
    // A dry run leaves no object in the repository either.
    const git = await Git.open(request.tree, isDryRun ? join(scratch, 'objects') : undefined);
    await refuseUnfinished(git);
    const { upstream, branch, base } = request;
    const title = upstream === undefined ? `Looking at ${branch} and ${base}` : `Fetching from ${upstream}`;
    const sources = await progress.step(title, () => findSources(git, request));
    const tree = readTree(request, sources);
    const views = new Views(git, request.paths, scratch);
    const job = { git, views, request, sources, tree, isDryRun, progress, scratch, worktree: undefined };
    // What can be wrong without a merge is told before it.
    const destination = destinationOf(job);
    if (!request.isSplit) {
      refuseToReplace(destination, [lumpName(destination.naming)], request.isReplacing);
    }
    const pair = await views.pair(sources);
    const merged = await progress.step(mergeTitle(request), () => mergeCommits(git, pair.ours, pair.theirs));
    return merged.conflicts.length === 0
      ? afterMerge(job, merged.tree)
      : stop(job, undefined, merged, pair.ours, pair.theirs);
  });
}

/** @param dir the repository, or the worktree itself */
export function continuePatch(
  dir: string,
  reconsidered: Reconsidered,
  isDryRun: boolean,
  progress: Progress,
): Promise<PatchResult> {
  return withScratch('run', async (scratch) => {
    const git = await Git.open(dir);
    const open = await requireSession(git);
    const { session, worktree } = open;
    const { sources, picking } = session;
    const request = { ...session.request, ...reconsidered };
    const solved = await resolvedTree(git, open);
    const tree = readTree(request, sources);
    const views = new Views(git, request.paths, scratch);
    const job = { git, views, request, sources, tree, isDryRun, progress, scratch, worktree };
    return picking === undefined
      ? afterMerge(job, solved)
      : afterPick(job, await picked(git, picking, solved));
  });
}

/** Forgets the run that waits. @returns the folder that is gone */
export async function abortPatch(dir: string): Promise<string> {
  const git = await Git.open(dir);
  const { worktree } = await requireSession(git);
  await closeSession(git, worktree);
  return worktree;
}

async function afterMerge(job: Job, mergedTree: string): Promise<PatchResult> {
  const { git, views, request, sources } = job;
  const baseTree = await views.tree(sources.base);
  if (baseTree === mergedTree) {
    throw new WanbondError({
      code: 'nothing-to-patch',
      message: `${request.branch} changes nothing${request.paths.length === 0 ? '' : ' in --paths'} that ${request.base} has not`,
      hint: 'Check --branch and --base: the branch is what is to be added to the base.',
    });
  }
  await requireText(git, baseTree, mergedTree);
  if (request.isSplit) {
    return afterPick(job, await startPicking(git, views, sources, request.paths, mergedTree));
  }
  const { folder, naming, removed } = destinationOf(job);
  const text = await wholePatch(git, baseTree, mergedTree, request, sources);
  return finish(job, baseTree, mergedTree, { folder, patches: [{ name: lumpName(naming), text }], removed });
}

async function afterPick(job: Job, state: PickState): Promise<PatchResult> {
  const { git, views, request, sources, progress } = job;
  const outcome = await progress.step('Putting the commits on the release', (note) =>
    pickAll(git, views, state, note),
  );
  if (outcome.kind === 'conflicts') {
    return stop(job, outcome.state, outcome.merged, outcome.ours, outcome.theirs);
  }
  const { folder, naming, removed } = destinationOf(job);
  const names = splitNames(
    naming,
    outcome.done.map(({ subject }) => subject),
  );
  const patches: { name: string; text: Buffer }[] = [];
  for (const [i, one] of outcome.done.entries()) {
    patches.push({ name: names[i] ?? '', text: await commitPatch(git, one, request.isSignedOff) });
  }
  const baseTree = await views.tree(sources.base);
  return finish(job, baseTree, state.mergedTree, { folder, patches, removed });
}
