// Whether patches alone make the merged files of the base's, byte for byte.
import { mkdirSync } from 'node:fs';
import { WanbondError } from '../../base/error.ts';
import type { Git } from '../git.ts';
import { applyPatch } from './apply.ts';
import { isSame, layOut, readState, statesIn } from './files.ts';

/**
 * @param paths all that differ between the trees @param scratch an empty folder that may be filled
 * @throws WanbondError `patch-differs`
 */
export async function provePatches(
  git: Git,
  before: string,
  after: string,
  patches: readonly Buffer[],
  paths: readonly string[],
  scratch: string,
): Promise<void> {
  mkdirSync(scratch, { recursive: true });
  await layOut(git, before, paths, scratch);
  const remarks: string[] = [];
  for (const patch of patches) remarks.push(...(await applyPatch(scratch, patch)).remarks);
  const wanted = await statesIn(git, after, paths);
  const differing = paths.filter((path) => !isSame(readState(scratch, path), wanted.get(path)));
  if (differing.length === 0 && remarks.length === 0) return;
  throw new WanbondError({
    code: 'patch-differs',
    message: `patch -p1 does not make the merged files: ${[...differing, ...remarks].slice(0, 5).join('; ')}`,
    hint: 'A patch cannot carry everything git can, as submodules: leave such paths out with --paths.',
  });
}
