// A run that waits for conflicts to be solved: a sparse worktree with nothing but the files that matter, and what to go
// on with. All of it is one folder and git's own record of it; nothing else of the repository changes.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { WanbondError } from '../../base/error.ts';
import { type Git, gitFailed, zeroSeparated } from '../git.ts';
import { temporaryFolder } from '../scratch.ts';
import { leftMarker } from './merge.ts';
import type { PatchRequest } from './request.ts';
import type { Sources } from './sources.ts';
import type { PickState } from './split.ts';

/** Plain data. */
export interface Session {
  readonly schema: 1;
  readonly request: PatchRequest;
  readonly sources: Sources;
  /** Of `--split`: how far it is. Undefined while the release is merged. */
  readonly picking: PickState | undefined;
  /** Files that had conflicts. */
  readonly conflicts: readonly string[];
}

export interface OpenSession {
  readonly worktree: string;
  readonly session: Session;
}

const RECORD = 'wanbond-kernel-patch.json';

/**
 * A worktree at `ours` in which `theirs` is merged, up to the conflicts.
 * @param paths files that are to be there besides
 * @returns its folder
 */
export async function openSession(
  git: Git,
  session: Session,
  ours: string,
  theirs: string,
  paths: readonly string[],
): Promise<string> {
  const folder = session.request.worktree ?? temporaryFolder('patch');
  await git.run(['worktree', 'add', '--quiet', '--no-checkout', '--detach', '--', folder, ours]);
  const worktree = git.at(folder);
  const patterns = [...new Set([...session.conflicts, ...paths])].map((path) => `${asPattern(path)}\n`);
  const file = await placeInGit(worktree, 'info/sparse-checkout');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, patterns.join(''));
  // Not by `git sparse-checkout`, which leaves a setting in the config of the whole repository.
  const sparse = ['-c', 'core.sparseCheckout=true', '-c', 'core.sparseCheckoutCone=false'];
  await worktree.run([...sparse, 'read-tree', '-m', '-u', 'HEAD']);
  const merge = [
    'merge',
    '--quiet',
    '--no-ff',
    '--no-commit',
    '--no-verify',
    '--no-verify-signatures',
    '--no-stat',
  ];
  const args = [...sparse, ...merge, '-s', 'ort', theirs];
  const finished = await worktree.try(args);
  if (finished.code !== 0 && finished.code !== 1) throw gitFailed(args, finished);
  writeFileSync(await placeInGit(worktree, RECORD), JSON.stringify(session, undefined, 2));
  return folder;
}

/** A line of a sparse-checkout file that means this path and no other. */
function asPattern(path: string): string {
  return `/${path.replaceAll(/[\\*?[\]!# ]/g, '\\$&')}`;
}

const placeInGit = async (git: Git, name: string): Promise<string> =>
  resolve(git.dir, await git.text(['rev-parse', '--git-path', name]));

/** The run of this repository that waits; undefined when there is none. */
export async function findSession(git: Git): Promise<OpenSession | undefined> {
  const listing = zeroSeparated(await git.run(['worktree', 'list', '--porcelain', '-z']));
  const folders = listing.flatMap((line) => (line.startsWith('worktree ') ? [line.slice(9)] : []));
  for (const worktree of folders) {
    if (!existsSync(join(worktree, '.git'))) continue;
    const record = await placeInGit(git.at(worktree), RECORD);
    if (!existsSync(record)) continue;
    return { worktree, session: JSON.parse(readFileSync(record, 'utf8')) as Session };
  }
  return undefined;
}

/** @throws WanbondError `nothing-to-continue` */
export async function requireSession(git: Git): Promise<OpenSession> {
  const found = await findSession(git);
  if (found) return found;
  throw new WanbondError({
    code: 'nothing-to-continue',
    message: `no conflict of ${git.dir} waits to be solved`,
    hint: 'Start with --branch, --base and --openwrt; --tree has to be the same repository as then.',
  });
}

/** @throws WanbondError `unfinished` */
export async function refuseUnfinished(git: Git): Promise<void> {
  const found = await findSession(git);
  if (!found) return;
  throw new WanbondError({
    code: 'unfinished',
    message: `the conflicts in ${found.worktree} wait to be solved`,
    hint: 'Go on with --continue, or throw that away with --abort.',
  });
}

/** The tree as it was solved. @throws WanbondError `unresolved` with every place that is left */
export async function resolvedTree(git: Git, { worktree, session }: OpenSession): Promise<string> {
  const there = git.at(worktree);
  const left = session.conflicts.flatMap((path) => {
    const file = join(worktree, path);
    const line = existsSync(file) ? leftMarker(readFileSync(file, 'latin1')) : undefined;
    return line === undefined ? [] : [`${path}:${line}`];
  });
  if (left.length > 0) {
    throw new WanbondError({
      code: 'unresolved',
      message: `there are still conflict markers: ${left.map((one) => join(worktree, one)).join(', ')}`,
      hint: 'Edit these files until no marker is left, and run it with --continue again.',
    });
  }
  // What was solved by an editor counts, whether `git add` was run or not.
  const unmerged = [
    ...new Set(
      zeroSeparated(await there.run(['ls-files', '-u', '-z'])).map((line) => line.split('\t')[1] ?? ''),
    ),
  ];
  // Not by `git add`, which refuses what a .gitignore of the kernel happens to match.
  const input = unmerged.map((path) => `${path}\0`).join('');
  await there.run(['update-index', '--add', '--remove', '-z', '--stdin'], { input });
  await there.run(['add', '-u']);
  return there.text(['write-tree']);
}

/** Files that were made beside the solution and are not part of it. */
export async function untrackedFiles(git: Git, worktree: string): Promise<string[]> {
  return zeroSeparated(await git.at(worktree).run(['ls-files', '-z', '--others'])).filter(
    (path) => !/\.(?:orig|rej|swp)$|~$/.test(path),
  );
}

export async function closeSession(git: Git, worktree: string): Promise<void> {
  await git.run(['worktree', 'remove', '--force', '--', worktree]);
}
