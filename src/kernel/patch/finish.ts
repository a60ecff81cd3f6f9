// From the patches of a merge to what is in the OpenWrt tree: proved, verified among the others, written.
import { join } from 'node:path';
import { breaks } from './broken.ts';
import { contradictions, newSymbols, planConfig } from './config-plan.ts';
import { chooseTargets, refuseToReplace } from './destination.ts';
import { destinationOf, type Job } from './job.ts';
import { changedPaths } from './merge.ts';
import { provePatches } from './prove.ts';
import type { Made } from './request.ts';
import { closeSession, untrackedFiles } from './session.ts';
import { type NewPatches, verifySeries } from './verify.ts';
import { planFiles, writeFiles } from './write.ts';

export async function finish(
  job: Job,
  baseTree: string,
  mergedTree: string,
  made: NewPatches,
): Promise<Made> {
  const { git, request, sources, tree, isDryRun, progress, scratch, worktree } = job;
  const paths = await changedPaths(git, baseTree, mergedTree);
  const texts = made.patches.map(({ text }) => text);
  const names = made.patches.map(({ name }) => name);
  refuseToReplace(destinationOf(job), names, request.isReplacing);
  await progress.step('Applying them to the release alone', () =>
    provePatches(git, baseTree, mergedTree, texts, paths, join(scratch, 'proof')),
  );
  const verification = await progress.step('Applying all patches of the tree in their order', (note) =>
    verifySeries({
      git,
      base: sources.base,
      tree,
      targets: chooseTargets(tree, request.targets),
      added: made,
      isRefreshing: request.isRefreshing,
      scratch: join(scratch, 'series'),
      note,
    }),
  );
  const values = await newSymbols(git, baseTree, mergedTree, paths, request.symbols);
  const config = planConfig(tree, values);
  const notes = [
    ...(tree.builds === undefined
      ? ['the tree does not say which release it builds; --base is believed']
      : []),
    ...(config === undefined && values.length > 0
      ? [
          `the tree has no generic config for ${sources.version.series}: set ${values.map(({ name, value }) => `CONFIG_${name}=${value}`).join(' ')} yourself`,
        ]
      : []),
    ...contradictions(tree, values),
    ...(worktree === undefined
      ? []
      : (await untrackedFiles(git, worktree)).map(
          (path) => `${join(worktree, path)} is not part of the solution: git add it if it is`,
        )),
  ];
  const files = planFiles(tree.root, made, verification.patches, config);
  const isWhole = verification.patches.every((one) => !breaks(one));
  const isWriting = (isWhole || request.isForced) && !isDryRun;
  if (isWriting) writeFiles(tree.root, files);
  const isClosing = isWriting && worktree !== undefined;
  if (isClosing) await closeSession(git, worktree);
  return {
    kind: 'made',
    outcome: outcomeOf(isWhole || request.isForced, isDryRun, files.size),
    folder: made.folder,
    patches: made.patches.map(({ name, text }) => ({ name, bytes: text.length })),
    changedFiles: paths.length,
    removed: made.removed.filter((name) => !names.includes(name)),
    verified: verification.patches,
    targets: verification.targets,
    config: config && { file: config.file, changes: config.changes },
    notes,
    worktree: isClosing ? undefined : worktree,
  };
}

function outcomeOf(isWhole: boolean, isDryRun: boolean, files: number): Made['outcome'] {
  if (!isWhole) return 'broken';
  if (files === 0) return 'unchanged';
  return isDryRun ? 'would-be-written' : 'written';
}
