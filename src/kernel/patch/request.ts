// What `wanbond kernel patch` is asked for, and what comes of it.
import type { SymbolChange } from '../config-file.ts';
import type { SymbolValue } from './kconfig.ts';
import type { Conflict } from './merge.ts';
import type { VerifiedPatch } from './verify.ts';

/** Written down while a conflict waits for its solution: plain data. */
export interface PatchRequest {
  /** A clone of the kernel. */
  readonly tree: string;
  readonly branch: string;
  /** The release that OpenWrt builds. */
  readonly base: string;
  /** A remote or its URL, from which the branch is fetched first. */
  readonly upstream?: string | undefined;
  /** An OpenWrt tree. */
  readonly openwrt: string;
  /** Targets whose patches are verified too; all of them when empty. */
  readonly targets: readonly string[];
  /** Files and folders of a back-port; all that the branch changes when empty. */
  readonly paths: readonly string[];
  /** Where the patch goes: backport, pending, hack, or a folder of the tree. */
  readonly into?: string | undefined;
  readonly number?: number | undefined;
  readonly name?: string | undefined;
  /** A folder that may be made where conflicts are to be solved. */
  readonly worktree?: string | undefined;
  readonly symbols: readonly SymbolValue[];
  readonly isReplacing: boolean;
  readonly isSplit: boolean;
  readonly isRefreshing: boolean;
  readonly isForced: boolean;
  readonly isSignedOff: boolean;
}

/** What may be asked for otherwise when a run goes on: all that has nothing to do with the merge. */
export type Reconsidered = Partial<
  Pick<
    PatchRequest,
    | 'openwrt'
    | 'targets'
    | 'into'
    | 'number'
    | 'name'
    | 'symbols'
    | 'isReplacing'
    | 'isRefreshing'
    | 'isForced'
    | 'isSignedOff'
  >
>;

export interface Progress {
  step<T>(title: string, work: (note: (text: string) => void) => Promise<T>): Promise<T>;
}

export type PatchResult = Stopped | Made;

export interface Stopped {
  readonly kind: 'conflicts';
  /** "merging v4.4.74 into mptcp_v0.92" */
  readonly step: string;
  readonly conflicts: readonly Conflict[];
  /** Where they are to be solved; undefined in a dry run. */
  readonly worktree: string | undefined;
}

export interface Made {
  readonly kind: 'made';
  /** `broken`: a patch does not apply, and nothing was written. */
  readonly outcome: 'written' | 'would-be-written' | 'unchanged' | 'broken';
  /** Relative to the OpenWrt tree, as all files here. */
  readonly folder: string;
  readonly patches: readonly { readonly name: string; readonly bytes: number }[];
  /** How many files of the kernel they change. */
  readonly changedFiles: number;
  readonly removed: readonly string[];
  readonly verified: readonly VerifiedPatch[];
  readonly targets: readonly string[];
  readonly config: { readonly file: string; readonly changes: readonly SymbolChange[] } | undefined;
  /** What the operator should know besides. */
  readonly notes: readonly string[];
  /** The kept folder of solved conflicts: not all is well yet. */
  readonly worktree: string | undefined;
}
