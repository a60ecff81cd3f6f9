// Writing what may hold a key, for its owner alone.
import { describe, WanbondError } from '../../base/error.ts';
import { replaceFile } from '../replace-file.ts';

/** @throws WanbondError `cannot-write`; the file is then as it was */
export function writePrivate(file: string, text: string): void {
  try {
    replaceFile(file, text, 0o600);
  } catch (cause) {
    throw new WanbondError({
      code: 'cannot-write',
      message: `cannot write ${file}: ${describe(cause)}`,
      hint: 'Check that its folder is there and that this user may write to it.',
      cause,
    });
  }
}
