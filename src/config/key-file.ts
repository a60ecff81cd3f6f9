// Reading the files that a config names, with a warning for a secret that others may read.
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { WanbondError } from '../base/error.ts';
import type { ReadKeyFile } from './secret.ts';

export const GROUP_AND_WORLD_READ = 0o044;
// Ours: a key file is one line; anything longer is the wrong file.
const MAX_KEY_FILE_BYTES = 4096;

/** Reads key files relative to `configFile`; `onExposed` hears of each that group or world may read. */
export function keyFileReader(configFile: string, onExposed: (path: string) => void): ReadKeyFile {
  return (path) => {
    const full = resolve(dirname(configFile), path);
    try {
      const { mode, size } = statSync(full);
      if (size > MAX_KEY_FILE_BYTES) throw new Error(`it is ${size} bytes long`);
      if ((mode & GROUP_AND_WORLD_READ) !== 0) onExposed(path);
      return readFileSync(full, 'utf8');
    } catch (cause) {
      throw new WanbondError({
        code: 'bad-key-file',
        message: `cannot read ${full}: ${reason(cause)}`,
        hint: 'Create the file, or correct the path.',
        cause,
      });
    }
  };
}

/** Why a file could not be read, in words. */
export function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'EISDIR') return 'it is a folder';
  return message;
}
