// Applies all patches of an OpenWrt tree, with new ones among them, to the files they touch, as the build does: the
// generic ones, then those of each target that touch the same files.
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Git } from '../git.ts';
import { type Applied, applyPatch, pathsOf } from './apply.ts';
import { isInOverlay, layOut, overlay, readState, writeState } from './files.ts';
import type { OpenwrtTarget, OpenwrtTree } from './openwrt-tree.ts';
import { refreshPatch } from './refresh.ts';
import { listSeries, withPatches } from './series.ts';

/** Patches that are to be in one folder of the tree. */
export interface NewPatches {
  /** Relative to the tree. */
  readonly folder: string;
  /** In the order in which they are applied. */
  readonly patches: readonly { readonly name: string; readonly text: Buffer }[];
  /** Names of the folder that go. */
  readonly removed: readonly string[];
}

export interface VerifiedPatch extends Applied {
  /** Relative to the tree. */
  readonly file: string;
  /** Of the target alone; undefined for all targets. */
  readonly target: string | undefined;
  readonly place: 'before' | 'ours' | 'after';
  /** It does not apply without the new ones either. */
  readonly isBrokenAnyway: boolean;
  /** Its new text, where it was asked for and it did not fit exactly. */
  readonly refreshed: Buffer | undefined;
}

export interface Verification {
  readonly patches: readonly VerifiedPatch[];
  /** Names of targets whose own patches were applied too; the others touch none of our files. */
  readonly targets: readonly string[];
}

export interface VerifyTask {
  readonly git: Git;
  /** The kernel that the tree builds. */
  readonly base: string;
  readonly tree: OpenwrtTree;
  /** Those to look at; all of them when empty. */
  readonly targets: readonly string[];
  readonly added: NewPatches;
  readonly isRefreshing: boolean;
  /** An empty folder that may be filled. */
  readonly scratch: string;
  note(text: string): void;
}

interface Entry {
  readonly file: string;
  readonly target: string | undefined;
  readonly isOurs: boolean;
  readonly text: Buffer;
  readonly paths: readonly string[];
}

/** Entries in a row from the files of the kernel on. */
interface Lane {
  readonly name: string;
  readonly overlays: readonly string[];
  readonly entries: readonly Entry[];
}

type Result = Omit<VerifiedPatch, 'place' | 'isBrokenAnyway'>;

export async function verifySeries(task: VerifyTask): Promise<Verification> {
  const { tree, added } = task;
  const ourPaths = new Set(added.patches.flatMap(({ text }) => pathsOf(text)));
  const generic = tree.generic.flatMap((folder) => entriesOf(tree.root, folder, undefined, added));
  const isWanted = ({ name, patches }: OpenwrtTarget): boolean =>
    // A patch of one target is nothing to the others.
    tree.generic.includes(added.folder)
      ? task.targets.length === 0 || task.targets.includes(name)
      : patches === added.folder;
  const chosen = tree.targets.filter(isWanted);
  const targets = chosen
    .map((target) => ({ target, entries: entriesOf(tree.root, target.patches, target.name, added) }))
    .filter(({ entries }) => entries.some(({ paths }) => paths.some((path) => ourPaths.has(path))));
  const paths = [
    ...new Set([...generic, ...targets.flatMap(({ entries }) => entries)].flatMap((one) => one.paths)),
  ];
  const runner = new Runner(task, paths);
  const lane: Lane = { name: 'generic', overlays: overlaysOf(tree, tree.genericFiles), entries: generic };
  const all = await runner.run(lane);
  for (const { target, entries } of targets) {
    all.push(...(await runner.runTarget(lane, target, entries)));
  }
  const broken = await brokenAnyway(task, all, paths);
  let place: VerifiedPatch['place'] = 'before';
  const patches = all.map((result): VerifiedPatch => {
    const isOurs = isAdded(added, result.file);
    if (isOurs) place = 'ours';
    else if (place === 'ours') place = 'after';
    return { ...result, place, isBrokenAnyway: broken.has(result.file) };
  });
  return { patches, targets: targets.map(({ target }) => target.name) };
}

const isAdded = ({ folder, patches }: NewPatches, file: string): boolean =>
  patches.some(({ name }) => `${folder}/${name}` === file);

function entriesOf(root: string, folder: string, target: string | undefined, added: NewPatches): Entry[] {
  const isDestination = folder === added.folder;
  const names = listSeries(join(root, folder));
  const all = isDestination
    ? withPatches(
        names,
        added.patches.map(({ name }) => name),
        added.removed,
      )
    : names;
  return all.map((name) => {
    const ours = isDestination ? added.patches.find((one) => one.name === name) : undefined;
    const text = ours?.text ?? readPatch(join(root, folder, name));
    return { file: `${folder}/${name}`, target, isOurs: ours !== undefined, text, paths: pathsOf(text) };
  });
}

/** The build unpacks those that are packed. */
function readPatch(file: string): Buffer {
  const bytes = readFileSync(file);
  return file.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

const overlaysOf = ({ root }: OpenwrtTree, folders: readonly string[]): string[] =>
  folders.map((folder) => join(root, folder));

/** Which of the failed ones after ours fail in the tree as it is, too. */
async function brokenAnyway(
  task: VerifyTask,
  results: readonly Result[],
  paths: readonly string[],
): Promise<Set<string>> {
  const { tree, added } = task;
  const failed = results.filter(({ fit, file }) => fit === 'failed' && !isAdded(added, file));
  if (failed.length === 0) return new Set();
  const nothing: NewPatches = { folder: added.folder, patches: [], removed: [] };
  const scratch = join(task.scratch, 'without');
  const runner = new Runner({ ...task, added: nothing, isRefreshing: false, scratch }, paths);
  const generic = tree.generic.flatMap((folder) => entriesOf(tree.root, folder, undefined, nothing));
  const lane: Lane = { name: 'generic', overlays: overlaysOf(tree, tree.genericFiles), entries: generic };
  const all = await runner.run(lane);
  const names = new Set(failed.flatMap(({ target }) => target ?? []));
  for (const target of tree.targets.filter(({ name }) => names.has(name))) {
    const entries = entriesOf(tree.root, target.patches, target.name, nothing);
    all.push(...(await runner.runTarget(lane, target, entries)));
  }
  return new Set(all.filter(({ fit }) => fit === 'failed').map(({ file }) => file));
}

class Runner {
  private readonly task: VerifyTask;
  private readonly paths: readonly string[];
  private refreshes = 0;

  constructor(task: VerifyTask, paths: readonly string[]) {
    this.task = task;
    this.paths = paths;
  }

  async run(lane: Lane): Promise<Result[]> {
    const folder = this.folderOf(lane.name);
    mkdirSync(folder, { recursive: true });
    await layOut(this.task.git, this.task.base, this.paths, folder);
    for (const from of lane.overlays) overlay(from, this.paths, folder);
    return this.apply(folder, lane.entries, false);
  }

  /** What the target has of its own, after `generic`, which has been run. */
  async runTarget(generic: Lane, target: OpenwrtTarget, entries: readonly Entry[]): Promise<Result[]> {
    const isOurs = generic.entries.some((entry) => entry.isOurs);
    const overlays = overlaysOf(this.task.tree, target.files);
    const folder = this.folderOf(`target-${target.name}`);
    if (!this.paths.some((path) => overlays.some((from) => isInOverlay(from, path)))) {
      cpSync(this.folderOf(generic.name), folder, { recursive: true, verbatimSymlinks: true });
      return this.apply(folder, entries, isOurs);
    }
    // Its extra files are there before the generic patches.
    const whole = {
      name: `target-${target.name}`,
      overlays: [...generic.overlays, ...overlays],
      entries: [...generic.entries, ...entries],
    };
    return (await this.run(whole)).slice(generic.entries.length);
  }

  private folderOf(name: string): string {
    return join(this.task.scratch, name);
  }

  /** @param isAfter ours have been applied before */
  private async apply(folder: string, entries: readonly Entry[], isAfter: boolean): Promise<Result[]> {
    const results: Result[] = [];
    let isBehind = isAfter;
    for (const { file, target, isOurs, text, paths } of entries) {
      this.task.note(file);
      isBehind ||= isOurs;
      const before = paths.map((path) => ({ path, state: readState(folder, path) }));
      const applied = await applyPatch(folder, text);
      // The next ones are tried as if it were not there, so that all that fail are told at once.
      if (applied.fit === 'failed') for (const { path, state } of before) writeState(folder, path, state);
      const isFuzzy = applied.fit === 'fuzz' || applied.fit === 'offset';
      const refreshed =
        isFuzzy && isBehind && this.task.isRefreshing ? await this.refresh(folder, text, before) : undefined;
      results.push({ ...applied, file, target, refreshed });
    }
    return results;
  }

  /** Undefined when that changes nothing. */
  private async refresh(
    folder: string,
    text: Buffer,
    before: readonly { readonly path: string; readonly state: ReturnType<typeof readState> }[],
  ): Promise<Buffer | undefined> {
    const changes = before.map(({ path, state }) => ({
      path,
      before: state,
      after: readState(folder, path),
    }));
    this.refreshes += 1;
    const scratch = join(this.task.scratch, `refresh-${this.refreshes}`);
    const refreshed = await refreshPatch(text, changes, scratch);
    return refreshed.equals(text) ? undefined : refreshed;
  }
}
