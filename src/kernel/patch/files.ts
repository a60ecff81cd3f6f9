// The files of a commit that patches touch, laid out in a folder, and compared with what they should become.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Git, TreeEntry } from '../git.ts';

const EXECUTABLE = '100755';
const SYMBOLIC_LINK = '120000';
const SUBMODULE = '160000';

export interface FileState {
  readonly isExecutable: boolean;
  readonly isLink: boolean;
  /** Of a symbolic link: where it points to. */
  readonly content: Buffer;
}

/** Writes those of `paths` that the tree has. */
export async function layOut(
  git: Git,
  tree: string,
  paths: readonly string[],
  folder: string,
): Promise<void> {
  for (const [path, state] of await statesIn(git, tree, paths)) writeState(folder, path, state);
}

export async function statesIn(
  git: Git,
  tree: string,
  paths: readonly string[],
): Promise<Map<string, FileState>> {
  if (paths.length === 0) return new Map();
  const wanted = new Set(paths);
  const isFile = ({ mode, path }: TreeEntry): boolean => mode !== SUBMODULE && wanted.has(path);
  const entries = (await git.entries(tree, paths)).filter(isFile);
  const contents = await git.blobs(entries.map(({ oid }) => oid));
  return new Map(
    entries.map(({ mode, path }, i) => [
      path,
      {
        isExecutable: mode === EXECUTABLE,
        isLink: mode === SYMBOLIC_LINK,
        content: contents[i] ?? Buffer.alloc(0),
      },
    ]),
  );
}

/** Undefined where there is no file. */
export function readState(folder: string, path: string): FileState | undefined {
  const place = join(folder, path);
  const found = lstatSync(place, { throwIfNoEntry: false });
  if (!found || found.isDirectory()) return undefined;
  const isLink = found.isSymbolicLink();
  const content = isLink ? Buffer.from(readlinkSync(place)) : readFileSync(place);
  return { isExecutable: !isLink && (found.mode & 0o100) !== 0, isLink, content };
}

export function writeState(folder: string, path: string, state: FileState | undefined): void {
  const place = join(folder, path);
  rmSync(place, { force: true });
  if (state === undefined) return;
  mkdirSync(dirname(place), { recursive: true });
  if (state.isLink) return symlinkSync(state.content, place);
  writeFileSync(place, state.content);
  chmodSync(place, state.isExecutable ? 0o755 : 0o644);
}

/** Copies those of `paths` that the overlay has over what is there, as the build does before any patch. */
export function overlay(from: string, paths: readonly string[], folder: string): void {
  for (const path of paths.filter((one) => isInOverlay(from, one))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    copyFileSync(join(from, path), join(folder, path));
  }
}

export function isInOverlay(from: string, path: string): boolean {
  const place = join(from, path);
  return existsSync(place) && !lstatSync(place).isDirectory();
}

export function isSame(a: FileState | undefined, b: FileState | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.isExecutable === b.isExecutable && a.isLink === b.isLink && a.content.equals(b.content);
}
