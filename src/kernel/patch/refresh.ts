// Makes a patch anew from the files before and after it, as `quilt refresh` does with OpenWrt's settings (`-p ab
// --no-index --no-timestamps`): its words stay, its hunks say where they are.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '../program.ts';
import { type FileState, isSame, writeState } from './files.ts';

export interface Change {
  readonly path: string;
  readonly before: FileState | undefined;
  readonly after: FileState | undefined;
}

const FIRST_HUNK = /^(?:diff |Index: |--- \S|\+\+\+ \S|={60,})/m;
// What quilt leaves out. Modes other than that of a plain file say something, and stay.
const OF_GIT = /^(?:diff --git |index |new file mode 100644|deleted file mode )/;
const SAYS_MODE = /^(?:old mode|new mode|new file mode 1[02]0(?!644)|deleted file mode 1[02]0(?!644))/m;

/** @param folder an empty one that may be filled */
export async function refreshPatch(
  patch: Buffer,
  changes: readonly Change[],
  folder: string,
): Promise<Buffer> {
  const hunks: string[] = [];
  const changed = changes.filter(({ before, after }) => !isSame(before, after));
  for (const name of ['a', 'b']) mkdirSync(join(folder, name), { recursive: true });
  for (const { path, before, after } of changed) {
    writeState(join(folder, 'a'), path, before);
    writeState(join(folder, 'b'), path, after);
    const sides = [
      before === undefined ? '/dev/null' : `a/${path}`,
      after === undefined ? '/dev/null' : `b/${path}`,
    ];
    const args = ['diff', '--no-index', '--no-prefix', '--no-ext-diff', '--no-textconv', '--no-color', '-U3'];
    const { stdout } = await runProgram('git', [...args, '--', ...sides], { cwd: folder });
    const text = stdout.toString('latin1');
    hunks.push(SAYS_MODE.test(text) ? text : withoutGit(text));
  }
  const words = patch.toString('latin1');
  const at = FIRST_HUNK.exec(words)?.index ?? words.length;
  return Buffer.from(words.slice(0, at) + hunks.join(''), 'latin1');
}

function withoutGit(text: string): string {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith('--- '));
  // A file without contents has no hunk to tell of it.
  if (start === -1) return text;
  return lines.filter((line, i) => i >= start || !OF_GIT.test(line)).join('\n');
}
