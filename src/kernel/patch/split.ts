// One patch for each commit of the branch: every commit is put on the release in turn, without a checkout, and what they
// leave open of the merged tree is one last patch, so that all of them make the same as a single one.
import { EMPTY_TREE, type Git } from '../git.ts';
import { type Merged, mergeCommits } from './merge.ts';
import type { Sources } from './sources.ts';
import type { Views } from './views.ts';

/** Plain data. */
export interface PickState {
  /** What all of them together have to make. */
  readonly mergedTree: string;
  /** A commit: the release with those that are done. */
  readonly head: string;
  readonly todo: readonly string[];
  readonly done: readonly Picked[];
}

export interface Picked {
  /** The commit of the branch; undefined for the last patch. */
  readonly original: string | undefined;
  readonly subject: string;
  /** The same on the release. */
  readonly commit: string;
}

export type PickOutcome =
  | { readonly kind: 'done'; readonly done: readonly Picked[] }
  | {
      readonly kind: 'conflicts';
      /** `todo` begins with the commit that conflicts. */
      readonly state: PickState;
      readonly merged: Merged;
      readonly ours: string;
      readonly theirs: string;
    };

export async function startPicking(
  git: Git,
  views: Views,
  { branch, base }: Sources,
  paths: readonly string[],
  mergedTree: string,
): Promise<PickState> {
  const range = ['rev-list', '--reverse', '--topo-order', '--no-merges', branch, `^${base}`, '--', ...paths];
  const todo = (await git.text(range)).split('\n').filter(Boolean);
  return { mergedTree, head: await git.commitTree(await views.tree(base), []), todo, done: [] };
}

export async function pickAll(
  git: Git,
  views: Views,
  state: PickState,
  note: (text: string) => void,
): Promise<PickOutcome> {
  let current = state;
  for (let next = current.todo[0]; next !== undefined; next = current.todo[0]) {
    const total = current.done.length + current.todo.length;
    note(`commit ${current.done.length + 1} of ${total}`);
    const parent = (await git.text(['log', '-1', '--format=%P', next])).split(' ')[0] ?? '';
    const before = parent === '' ? EMPTY_TREE : await views.tree(parent);
    const head = await git.text(['rev-parse', `${current.head}^{tree}`]);
    const { ours, theirs } = await views.pairOf(before, head, await views.tree(next));
    const merged = await mergeCommits(git, ours, theirs);
    if (merged.conflicts.length > 0) return { kind: 'conflicts', state: current, merged, ours, theirs };
    current = await picked(git, current, merged.tree);
  }
  return { kind: 'done', done: await withRest(git, current) };
}

/** The first of `todo` is done: it made `tree`. One that changes nothing any more is left out. */
export async function picked(git: Git, state: PickState, tree: string): Promise<PickState> {
  const [original, ...todo] = state.todo;
  const before = await git.text(['rev-parse', `${state.head}^{tree}`]);
  if (original === undefined || before === tree) return { ...state, todo };
  const commit = await git.commitTree(tree, [state.head], original);
  const [info] = await git.log(['-1', original]);
  return {
    ...state,
    todo,
    head: commit,
    done: [...state.done, { original, subject: info?.subject ?? '', commit }],
  };
}

async function withRest(git: Git, { mergedTree, head, done }: PickState): Promise<readonly Picked[]> {
  if ((await git.text(['rev-parse', `${head}^{tree}`])) === mergedTree) return done;
  const commit = await git.commitTree(mergedTree, [head]);
  return [...done, { original: undefined, subject: 'What merging changed', commit }];
}
