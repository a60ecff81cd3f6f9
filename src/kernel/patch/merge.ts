// Merges two commits without a checkout, and tells of conflicts which files they are in and whose changes meet there.
import { type CommitInfo, type Git, gitFailed, zeroSeparated } from '../git.ts';
import { statesIn } from './files.ts';

export interface Conflict {
  readonly path: string;
  /** Git's words, as "CONFLICT (content): Merge conflict in net/ipv4/tcp.c". */
  readonly message: string;
  /** Lines of the file with markers at which a conflict begins; none where a file was removed or renamed. */
  readonly lines: readonly number[];
  /** Who changed the file since both sides were the same. */
  readonly sides: readonly [Side, Side];
}

export interface Side {
  /** What the operator calls it. */
  readonly name: string;
  /** The newest first; at most three of `count`. */
  readonly commits: readonly CommitInfo[];
  readonly count: number;
}

export interface Merged {
  /** With conflicts its files have markers. */
  readonly tree: string;
  readonly conflicts: readonly FileConflict[];
}

export interface FileConflict {
  readonly path: string;
  readonly message: string;
}

// Enough to recognise where a change comes from.
const COMMITS_SHOWN = 3;
const MARKER = /^<{7} /;
const ANY_MARKER = /^(?:<{7} |>{7} )/;

/** @throws WanbondError `git-failed`, also where they have no common history */
export async function mergeCommits(git: Git, ours: string, theirs: string): Promise<Merged> {
  const args = ['merge-tree', '--write-tree', '-z', '--messages', ours, theirs];
  const finished = await git.try(args);
  if (finished.code !== 0 && finished.code !== 1) throw gitFailed(args, finished);
  return readMerge(finished.stdout);
}

/** What `git merge-tree --write-tree -z --messages` prints: tree, conflicted files, an empty field, messages. */
export function readMerge(output: Buffer): Merged {
  const fields = output.toString().split('\0');
  const tree = (fields[0] ?? '').trim();
  let at = 1;
  const paths = new Set<string>();
  while (at < fields.length && fields[at] !== '') {
    // mode, object, stage, tab, path
    paths.add(fields[at]?.split('\t')[1] ?? '');
    at += 1;
  }
  at += 1;
  const messages = new Map<string, string>();
  while (at < fields.length && fields[at] !== '') {
    const count = Number(fields[at]);
    const about = fields.slice(at + 1, at + 1 + count);
    const message = (fields[at + 2 + count] ?? '').trim();
    if (message.startsWith('CONFLICT')) for (const path of about) messages.set(path, message);
    at += 3 + count;
  }
  const conflicts = [...paths].map((path) => ({ path, message: messages.get(path) ?? 'CONFLICT' }));
  return { tree, conflicts };
}

export interface Sides {
  /** Where both were the same; undefined for what has no history. */
  readonly fork: string | undefined;
  readonly ours: { readonly name: string; readonly commit: string };
  readonly theirs: { readonly name: string; readonly commit: string };
}

/** @param tree of the merge, with markers */
export async function explainConflicts(
  git: Git,
  { tree, conflicts }: Merged,
  { fork, ours, theirs }: Sides,
): Promise<Conflict[]> {
  const paths = conflicts.map(({ path }) => path);
  const changes = ({ commit }: Sides['ours']): Promise<Map<string, CommitInfo[]>> =>
    git.logOfPaths(fork === undefined ? ['-1', commit] : [`${fork}..${commit}`], paths);
  const [byOurs, byTheirs] = [await changes(ours), await changes(theirs)];
  const files = await statesIn(git, tree, paths);
  return conflicts.map(({ path, message }) => {
    const side = (name: string, commits: readonly CommitInfo[] = []): Side => ({
      name,
      commits: commits.slice(0, COMMITS_SHOWN),
      count: commits.length,
    });
    return {
      path,
      message,
      lines: markerLines(files.get(path)?.content.toString('latin1') ?? ''),
      sides: [side(ours.name, byOurs.get(path)), side(theirs.name, byTheirs.get(path))],
    };
  });
}

/** The lines, counted from 1, at which a conflict begins. */
export function markerLines(text: string): number[] {
  return text.split('\n').flatMap((line, i) => (MARKER.test(line) ? [i + 1] : []));
}

/** The first line with a marker of either kind; undefined when all is resolved. */
export function leftMarker(text: string): number | undefined {
  const at = text.split('\n').findIndex((line) => ANY_MARKER.test(line));
  return at === -1 ? undefined : at + 1;
}

/** Paths that differ between two trees. */
export async function changedPaths(git: Git, before: string, after: string): Promise<string[]> {
  return zeroSeparated(
    await git.run(['diff-tree', '-r', '-z', '--no-renames', '--name-only', before, after]),
  );
}
