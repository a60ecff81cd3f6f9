// A merge with conflicts: what there is to tell about them, and the folder in which they can be solved.
import { type Job, mergeTitle } from './job.ts';
import { changedPaths, explainConflicts, type Merged } from './merge.ts';
import type { Stopped } from './request.ts';
import { closeSession, openSession, type Session } from './session.ts';
import type { PickState } from './split.ts';

/** @param picking of a commit that does not go onto the release @param ours with `theirs`, the commits that were merged */
export async function stop(
  job: Job,
  picking: PickState | undefined,
  merged: Merged,
  ours: string,
  theirs: string,
): Promise<Stopped> {
  const { git, request, sources, isDryRun, progress } = job;
  const commit = picking?.todo[0];
  const [info] = commit === undefined ? [] : await git.log(['-1', commit]);
  const step =
    info === undefined
      ? mergeTitle(request).replace('M', 'm')
      : `putting ${info.short} "${info.subject}" on ${request.base}`;
  const sides =
    commit === undefined
      ? {
          fork: sources.fork,
          ours: { name: request.branch, commit: sources.branch },
          theirs: { name: request.base, commit: sources.base },
        }
      : {
          fork: sources.fork,
          ours: { name: request.base, commit: sources.base },
          theirs: { name: request.branch, commit },
        };
  const conflicts = await progress.step('Finding out where the conflicts come from', () =>
    explainConflicts(git, merged, sides),
  );
  if (isDryRun) return { kind: 'conflicts', step, conflicts, worktree: undefined };
  const session: Session = {
    schema: 1,
    request,
    sources,
    picking,
    conflicts: conflicts.map(({ path }) => path),
  };
  // What the patch changes is at hand to look at.
  const paths = await (picking === undefined
    ? changedPaths(git, theirs, merged.tree)
    : changedPaths(git, `${theirs}^`, theirs));
  // A folder for each stop: what was solved before is in the record. Where the operator named one, it is the same again.
  const before = job.worktree;
  const isSameFolder = request.worktree !== undefined;
  if (before !== undefined && isSameFolder) await closeSession(git, before);
  const worktree = await progress.step('Laying out the files with conflicts', () =>
    openSession(git, session, ours, theirs, paths),
  );
  if (before !== undefined && !isSameFolder) await closeSession(git, before);
  return { kind: 'conflicts', step, conflicts, worktree };
}
