// Writing a config: as a whole or not at all, also when the power fails, and never readable by others for a moment.
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

/** @param owner whoever runs this when not given */
export function replaceFile(path: string, text: string, mode: number, owner?: FileOwner): void {
  const fresh = `${path}.new`;
  rmSync(fresh, { force: true });
  withOpen(fresh, 'wx', (fd) => {
    writeFileSync(fd, text);
    if (owner) fchownSync(fd, owner.uid, owner.gid);
    fchmodSync(fd, mode);
    // Or the new name may be on the disk before what it names.
    fsyncSync(fd);
  });
  renameSync(fresh, path);
  withOpen(dirname(path), 'r', fsyncSync);
}

function withOpen(path: string, flags: string, use: (fd: number) => void): void {
  const fd = openSync(path, flags, 0o600);
  try {
    use(fd);
  } finally {
    closeSync(fd);
  }
}
