// `kernel patch` where branch and release change the same lines: told, solved in its worktree, continued.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  codeOf,
  expectMergedTree,
  INPUT,
  lede1701,
  makefile,
  mptcpHistory,
  requestFor,
  silent,
  source,
  TCP,
  Workplace,
} from '../src/kernel/patch/histories.fixture.ts';
import { abortPatch, continuePatch, makePatch } from '../src/kernel/patch/make-patch.ts';
import type { PatchRequest, Stopped } from '../src/kernel/patch/request.ts';

const PATCHES = 'openwrt/target/linux/generic/patches-4.4';
const SOLVED = source('input', { 39: 'input solved;', 40: 'input calls mptcp;' });

let place: Workplace;
beforeEach(() => {
  place = new Workplace();
  // The branch changes line 40 of tcp_input.c, the release line 39.
  mptcpHistory(place, 39);
  lede1701(place);
});
afterEach(async () => {
  await abortPatch(place.at('linux')).catch(() => undefined);
  place.remove();
});

async function stopped(
  changes: Partial<PatchRequest> = {},
  isDryRun = false,
): Promise<Stopped & { worktree: string }> {
  const result = await makePatch(requestFor(place, changes), isDryRun, silent);
  if (result.kind !== 'conflicts') throw new Error(`no conflicts: ${JSON.stringify(result, undefined, 1)}`);
  return { ...result, worktree: result.worktree ?? '' };
}

const newPatches = (): string[] =>
  readdirSync(place.at(PATCHES))
    .filter((name) => name.startsWith('69'))
    .map((name) => `${PATCHES}/${name}`);

test('a conflict is told with its file, its line, and the commits of both sides', async () => {
  const { step, conflicts, worktree } = await stopped();
  expect(step).toBe('merging v4.4.74 into mptcp_v0.92');
  expect(conflicts).toHaveLength(1);
  expect(conflicts[0]).toMatchObject({
    path: INPUT,
    message: `CONFLICT (content): Merge conflict in ${INPUT}`,
    lines: [39],
    sides: [
      {
        name: 'mptcp_v0.92',
        count: 1,
        commits: [{ subject: 'tcp: hooks for mptcp', author: 'A Maintainer' }],
      },
      { name: 'v4.4.74', count: 1, commits: [{ subject: 'Linux 4.4.74' }] },
    ],
  });
  expect(readFileSync(join(worktree, INPUT), 'utf8').split('\n')[38]).toMatch(/^<{7} /);
});

test('the worktree has nothing but the files that matter, and the repository no new setting', async () => {
  const config = readFileSync(place.at('linux/.git/config'), 'utf8');
  const { worktree } = await stopped();
  const files = execFileSync('find', [worktree, '-type', 'f', '-printf', '%P\n'], { encoding: 'utf8' });
  expect(files.trim().split('\n').toSorted()).toEqual(
    ['.git', INPUT, TCP, 'net/Kconfig', 'net/mptcp/Kconfig', 'net/mptcp/mptcp_ctrl.c'].toSorted(),
  );
  expect(readFileSync(place.at('linux/.git/config'), 'utf8')).toBe(config);
  const status = execFileSync('git', ['-C', worktree, 'status', '--porcelain'], { encoding: 'utf8' });
  expect(status).toContain(`UU ${INPUT}`);
  expect(status).not.toMatch(/^.?D/m);
});

test('--continue takes what an editor solved, and cleans up', async () => {
  const { worktree } = await stopped();
  expect(await codeOf(makePatch(requestFor(place), false, silent))).toBe('unfinished');
  expect(await codeOf(continuePatch(place.at('linux'), {}, false, silent))).toBe('unresolved');
  writeFileSync(join(worktree, INPUT), SOLVED);
  const result = await continuePatch(place.at('linux'), {}, false, silent);
  expect(result).toMatchObject({ kind: 'made', outcome: 'written', worktree: undefined });
  expect(existsSync(worktree)).toBe(false);
  expect(place.git('worktree', 'list').split('\n')).toHaveLength(1);
  expectMergedTree(place, newPatches(), (folder) => writeFileSync(join(folder, INPUT), SOLVED));
  expect(await codeOf(continuePatch(place.at('linux'), {}, false, silent))).toBe('nothing-to-continue');
});

test('a solution that was committed there counts too, and --continue runs in the worktree as well', async () => {
  const { worktree } = await stopped({ worktree: place.at('solve here') });
  expect(worktree).toBe(place.at('solve here'));
  writeFileSync(join(worktree, INPUT), SOLVED);
  writeFileSync(join(worktree, 'net/forgotten.c'), 'not added;\n');
  execFileSync('git', ['-C', worktree, 'commit', '-qam', 'solved'], { stdio: 'ignore' });
  const dry = await continuePatch(worktree, {}, true, silent);
  expect(dry).toMatchObject({ outcome: 'would-be-written', worktree });
  expect(dry.kind === 'made' && dry.notes).toEqual([
    `${join(worktree, 'net/forgotten.c')} is not part of the solution: git add it if it is`,
  ]);
  expect(newPatches()).toEqual([]);
  expect(await continuePatch(worktree, {}, false, silent)).toMatchObject({ outcome: 'written' });
  expectMergedTree(place, newPatches(), (folder) => writeFileSync(join(folder, INPUT), SOLVED));
});

test('a file that one side removed is solved by removing or keeping it', async () => {
  place.git('checkout', '-q', 'master');
  place.commit('Linux 4.4.75', { Makefile: makefile('4.4.75'), [INPUT]: undefined }, 'v4.4.75');
  place.write('openwrt/include/kernel-version.mk', 'LINUX_VERSION-4.4 = .75\n');
  const { worktree, conflicts } = await stopped({ base: 'v4.4.75' });
  expect(conflicts).toMatchObject([{ path: INPUT, lines: [] }]);
  expect(conflicts[0]?.message).toContain('modify/delete');
  rmSync(join(worktree, INPUT));
  expect(await continuePatch(place.at('linux'), {}, false, silent)).toMatchObject({
    outcome: 'written',
    changedFiles: 4,
  });
});

test('a dry run tells the conflicts and keeps no worktree; --abort removes one', async () => {
  expect((await stopped({}, true)).worktree).toBe('');
  expect(place.git('worktree', 'list').split('\n')).toHaveLength(1);
  const { worktree } = await stopped();
  expect(await abortPatch(place.at('linux'))).toBe(worktree);
  expect(existsSync(worktree)).toBe(false);
  expect(newPatches()).toEqual([]);
});

test('--split stops at the merge and at each commit that does not go onto the release', async () => {
  const first = await stopped({ isSplit: true });
  writeFileSync(join(first.worktree, INPUT), SOLVED);
  const second = await continuePatch(place.at('linux'), {}, false, silent);
  if (second.kind !== 'conflicts') throw new Error('the commit went onto the release');
  expect(second.step).toMatch(/^putting [0-9a-f]+ "tcp: hooks for mptcp" on v4.4.74$/);
  expect(existsSync(first.worktree)).toBe(false);
  expect(second.conflicts).toMatchObject([
    { path: INPUT, sides: [{ name: 'v4.4.74' }, { name: 'mptcp_v0.92' }] },
  ]);
  writeFileSync(join(second.worktree ?? '', INPUT), SOLVED);
  expect(await continuePatch(place.at('linux'), {}, false, silent)).toMatchObject({
    kind: 'made',
    outcome: 'written',
  });
  expect(newPatches()).toHaveLength(2);
  expectMergedTree(place, newPatches(), (folder) => writeFileSync(join(folder, INPUT), SOLVED));
});

test('the folder stays while a later patch does not apply', async () => {
  const generic = 'openwrt/target/linux/generic/patches-4.4';
  place.write(
    `${generic}/721-after.patch`,
    `--- a/${TCP}\n+++ b/${TCP}\n@@ -29,3 +29,3 @@\n tcp line 29;\n-tcp line 30;\n+x;\n tcp line 31;\n`,
  );
  const { worktree } = await stopped();
  writeFileSync(join(worktree, INPUT), SOLVED);
  expect(await continuePatch(place.at('linux'), {}, false, silent)).toMatchObject({
    outcome: 'broken',
    worktree,
  });
  rmSync(place.at(`${generic}/721-after.patch`));
  expect(await continuePatch(place.at('linux'), {}, false, silent)).toMatchObject({ outcome: 'written' });
  expect(existsSync(worktree)).toBe(false);
});

test('what the merge has nothing to do with may be asked for otherwise at the end', async () => {
  place.write(`${PATCHES}/690-mptcp_v0.92_0123456.patch`, '');
  const { worktree } = await stopped({ isReplacing: true });
  writeFileSync(join(worktree, INPUT), SOLVED);
  place.write(`${PATCHES}/650-taken.patch`, '');
  expect(await codeOf(continuePatch(worktree, { number: 650 }, false, silent))).toBe('number-taken');
  const result = await continuePatch(worktree, { number: 651 }, false, silent);
  expect(result).toMatchObject({ outcome: 'written', removed: ['690-mptcp_v0.92_0123456.patch'] });
  expect(newPatches()).toEqual([]);
});
