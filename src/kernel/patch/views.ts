// What a run sees of a commit: all of its tree, or of a back-port only the paths that are asked for.
import { join } from 'node:path';
import type { Git } from '../git.ts';
import type { Sources } from './sources.ts';

export class Views {
  private readonly git: Git;
  private readonly paths: readonly string[];
  private readonly scratch: string;
  private count = 0;

  constructor(git: Git, paths: readonly string[], scratch: string) {
    this.git = git;
    this.paths = paths;
    this.scratch = scratch;
  }

  tree(commit: string): Promise<string> {
    if (this.paths.length === 0) return this.git.text(['rev-parse', `${commit}^{tree}`]);
    this.count += 1;
    return this.git.treeOfPaths(commit, this.paths, join(this.scratch, `index-${this.count}`));
  }

  /** Two commits to be merged, of which each shows what is to be seen of it, and which know where they come from. */
  async pair({ branch, base, fork }: Sources): Promise<{ readonly ours: string; readonly theirs: string }> {
    if (this.paths.length === 0) return { ours: branch, theirs: base };
    return this.pairOf(await this.tree(fork), await this.tree(branch), await this.tree(base));
  }

  /** The same of trees. */
  async pairOf(
    fork: string,
    ours: string,
    theirs: string,
  ): Promise<{ readonly ours: string; readonly theirs: string }> {
    const parent = await this.git.commitTree(fork, []);
    return {
      ours: await this.git.commitTree(ours, [parent]),
      theirs: await this.git.commitTree(theirs, [parent]),
    };
  }
}
