// A file of a package, and what follows from a list of them: the order, the folders, the size.

export interface FileEntry {
  /** From the root, without a slash at the start. */
  readonly path: string;
  /** Permission bits. */
  readonly mode: number;
  readonly data: Uint8Array;
}

export const EXECUTABLE = 0o755;
export const READABLE = 0o644;
/** As OpenWrt's INSTALL_CONF: configs hold keys. */
export const PRIVATE = 0o600;
export const FOLDER = 0o755;

/** By the bytes of the names, as the formats want it. */
export const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

export const sorted = (files: readonly FileEntry[]): FileEntry[] =>
  [...files].toSorted((a, b) => byBytes(a.path, b.path));

/** Every folder above the files, sorted, without the root. */
export function foldersOf(files: readonly FileEntry[]): string[] {
  const folders = files.flatMap(({ path }) => {
    const names = path.split('/').slice(0, -1);
    return names.map((_, i) => names.slice(0, i + 1).join('/'));
  });
  return [...new Set(folders)].toSorted(byBytes);
}

export const sizeOf = (files: readonly FileEntry[]): number =>
  files.reduce((sum, { data }) => sum + data.length, 0);
