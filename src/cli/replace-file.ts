// Writing a config: as a whole or not at all, and never readable by others for a moment.
import { chmodSync, chownSync, renameSync, rmSync, writeFileSync } from 'node:fs';

export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

/** @param owner whoever runs this when not given */
export function replaceFile(path: string, text: string, mode: number, owner?: FileOwner): void {
  const fresh = `${path}.new`;
  rmSync(fresh, { force: true });
  writeFileSync(fresh, text, { mode: 0o600, flag: 'wx' });
  if (owner) chownSync(fresh, owner.uid, owner.gid);
  chmodSync(fresh, mode);
  renameSync(fresh, path);
}
