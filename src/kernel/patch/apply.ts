// One patch on a folder of files, as OpenWrt's build applies it (`patch -f -p1`), and what the program said about it.
import { runProgram } from '../program.ts';

export type Fit = 'clean' | 'offset' | 'fuzz' | 'failed';

export interface Applied {
  /** How well it fits; the worst of its hunks. */
  readonly fit: Fit;
  /** "net/ipv4/tcp.c: Hunk #2 FAILED at 40." and the like: hunks that are not where they were, or not at all. */
  readonly remarks: readonly string[];
}

/** A patch that fails may have changed some files all the same. */
export async function applyPatch(folder: string, patch: Buffer): Promise<Applied> {
  // Rejects are thrown away, and so are the originals that `patch` keeps of what did not fit exactly.
  const args = ['-f', '-p1', '--no-backup-if-mismatch', '-r', '-', '-d', folder];
  const { code, stdout, stderr } = await runProgram('patch', args, { input: patch });
  return readApplied(`${stdout.toString()}\n${stderr}`, code === 0);
}

const SAID =
  /^(?:Hunk #\d+ (?:FAILED|succeeded|ignored|merged)|.*(?:can't find file|Reversed \(or previously|garbage|not supported|malformed|already exists|does not exist|No file to patch|refus))/i;

/** @param said on both outputs of `patch` in the C locale */
export function readApplied(said: string, isApplied: boolean): Applied {
  const remarks: string[] = [];
  let file = '';
  for (const line of said.split('\n')) {
    const about = /^(?:checking|patching) (?:file|symbolic link) (.+?)(?: \(.*\))?$/.exec(line)?.[1];
    if (about !== undefined) file = about.replace(/^'(.*)'$/, '$1');
    else if (SAID.test(line)) remarks.push(file === '' ? line.trim() : `${file}: ${line.trim()}`);
  }
  const has = (words: string): boolean => remarks.some((remark) => remark.includes(words));
  if (!isApplied) return { fit: 'failed', remarks: remarks.filter((one) => !/succeeded/.test(one)) };
  return { fit: has('with fuzz') ? 'fuzz' : has('(offset') ? 'offset' : 'clean', remarks };
}

/** Files that a patch may read or write, without the first folder of their names, as `-p1` has it. */
export function pathsOf(patch: Buffer): string[] {
  const names = new Set<string>();
  for (const [, name = ''] of patch.toString('latin1').matchAll(/^(?:---|\+\+\+|Index:) ([^\t\n\r]+)/gm)) {
    // After old names there may be a time, behind blanks.
    const path = name.replace(/ +\d{4}-\d\d-\d\d.*$/, '').trim();
    if (path !== '/dev/null') names.add(path.replace(/^[^/]+\/+/, ''));
  }
  for (const [, name = ''] of patch.toString('latin1').matchAll(/^(?:rename|copy) (?:from|to) (.+)$/gm)) {
    names.add(name);
  }
  for (const [, first = '', second = ''] of patch
    .toString('latin1')
    .matchAll(/^diff --git [^/\s]+\/(\S+) [^/\s]+\/(\S+)$/gm)) {
    names.add(first);
    names.add(second);
  }
  return [...names].filter((name) => name !== '' && !name.split('/').includes('..') && !name.startsWith('/'));
}
