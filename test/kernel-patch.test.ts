// `kernel patch` on small real git histories, from a branch to a patch in the tree of LEDE 17.01, without root.
import { chmodSync, existsSync, readdirSync, readlinkSync, statSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  codeOf,
  expectMergedTree,
  INPUT,
  lede1701,
  mptcpHistory,
  quiltPatch,
  requestFor,
  silent,
  source,
  TCP,
  Workplace,
} from '../src/kernel/patch/histories.fixture.ts';
import { makePatch } from '../src/kernel/patch/make-patch.ts';
import type { Made, PatchRequest, PatchResult } from '../src/kernel/patch/request.ts';

let place: Workplace;
beforeEach(() => void (place = new Workplace()));
afterEach(() => place.remove());

const PATCHES = 'openwrt/target/linux/generic/patches-4.4';

async function make(changes: Partial<PatchRequest> = {}, isDryRun = false): Promise<PatchResult> {
  return makePatch(requestFor(place, changes), isDryRun, silent);
}

async function made(changes: Partial<PatchRequest> = {}): Promise<Made> {
  const result = await make(changes);
  if (result.kind !== 'made') throw new Error(`conflicts: ${JSON.stringify(result, undefined, 1)}`);
  return result;
}

const newPatches = (): string[] => readdirSync(place.at(PATCHES)).filter((name) => name.startsWith('69'));

test('a branch without conflicts becomes one patch of the tree of 17.01, named and numbered as people do', async () => {
  mptcpHistory(place, 10);
  lede1701(place);
  const before = place.git('status', '--porcelain=v2', '--branch') + place.git('for-each-ref');
  const result = await made();
  const short = place.git('rev-parse', '--short=7', 'mptcp_v0.92');
  expect(newPatches()).toEqual([`690-mptcp_v0.92_${short}.patch`]);
  expect(result).toMatchObject({
    outcome: 'written',
    folder: 'target/linux/generic/patches-4.4',
    changedFiles: 5,
  });
  expect(place.git('status', '--porcelain=v2', '--branch') + place.git('for-each-ref')).toBe(before);
  expect(place.git('worktree', 'list').split('\n')).toHaveLength(1);
  expectMergedTree(
    place,
    newPatches().map((name) => `${PATCHES}/${name}`),
  );
});

test('the generic config gets the symbols of the branch, each where it sorts', async () => {
  mptcpHistory(place, 10);
  lede1701(place, { 'x86/config-4.4': '# CONFIG_MPTCP is not set\nCONFIG_X86=y\n' });
  const { notes } = await made({ symbols: [{ name: 'DEFAULT_FULLMESH', value: 'y' }] });
  expect(place.read('openwrt/target/linux/generic/config-4.4')).toBe(
    [
      'CONFIG_32BIT=y',
      '# CONFIG_DEFAULT_DUMMY is not set',
      'CONFIG_DEFAULT_FULLMESH=y',
      '# CONFIG_MPLS is not set',
      'CONFIG_MPTCP=y',
      'CONFIG_MPTCP_FULLMESH=y',
      'CONFIG_MPTCP_PM_ADVANCED=y',
      'CONFIG_NET=y',
      '',
    ].join('\n'),
  );
  expect(notes).toEqual([
    'target/linux/x86/config-4.4 says otherwise of CONFIG_MPTCP, and comes after the generic config',
  ]);
});

test('a dry run tells the same and changes neither tree', async () => {
  mptcpHistory(place, 10);
  lede1701(place);
  const objects = (): string => place.git('count-objects', '-v');
  const before = objects();
  const config = place.read('openwrt/target/linux/generic/config-4.4');
  const result = await make({}, true);
  expect(result).toMatchObject({ kind: 'made', outcome: 'would-be-written', changedFiles: 5 });
  expect(result.kind === 'made' && result.config?.changes).toHaveLength(5);
  expect(newPatches()).toEqual([]);
  expect(objects()).toBe(before);
  expect(place.read('openwrt/target/linux/generic/config-4.4')).toBe(config);
});

test('a number that is taken gives the next one, unless it was asked for', async () => {
  mptcpHistory(place, 10);
  const taken = quiltPatch(
    'taken',
    'net/Makefile',
    source('make', {}, 10),
    source('make', { 5: 'make 690;' }, 10),
  );
  lede1701(place, { 'generic/patches-4.4/690-taken.patch': taken });
  expect(await codeOf(make({ number: 690 }))).toBe('number-taken');
  const { patches } = await made();
  expect(patches.map(({ name }) => name.slice(0, 16))).toEqual(['691-mptcp_v0.92_']);
});

test('made again it is the same; a newer branch replaces it when that is asked for', async () => {
  mptcpHistory(place, 10);
  lede1701(place);
  const first = await made();
  expect((await made()).outcome).toBe('unchanged');
  place.git('checkout', '-q', 'mptcp_v0.92');
  place.commit('mptcp: more', { 'net/mptcp/mptcp_ctrl.c': source('mptcp', { 3: 'mptcp more;' }) });
  expect(await codeOf(make())).toBe('patch-there');
  const second = await made({ isReplacing: true });
  expect(second.removed).toEqual(first.patches.map(({ name }) => name));
  expect(newPatches()).toEqual(second.patches.map(({ name }) => name));
  expect(second.patches[0]?.name.slice(0, 4)).toBe('690-');
});

test('a later patch that no longer applies is told with its hunk, and nothing is written', async () => {
  mptcpHistory(place, 10);
  const released = { 5: 'tcp stable 70;', 12: 'tcp of 655;' };
  lede1701(place, {
    'generic/patches-4.4/680-before.patch': quiltPatch(
      'before',
      INPUT,
      source('input', { 10: 'input stable 74;' }),
      source('input', { 10: 'input stable 74;', 20: 'input of 680;' }),
    ),
    'generic/patches-4.4/721-after.patch': quiltPatch(
      'after',
      TCP,
      source('tcp', released),
      source('tcp', { ...released, 30: 'tcp of 721;' }),
    ),
    'x86/patches-4.4/200-after.patch': quiltPatch(
      'x86',
      TCP,
      source('tcp', { ...released, 30: 'tcp of 721;' }),
      source('tcp', { ...released, 30: 'tcp of 721;', 31: 'tcp of x86;' }),
    ),
  });
  const result = await made();
  expect(result.outcome).toBe('broken');
  expect(result.targets).toEqual(['x86']);
  const failed = result.verified.filter(({ fit }) => fit === 'failed');
  expect(failed.map(({ file, place: where, isBrokenAnyway }) => [file, where, isBrokenAnyway])).toEqual([
    ['target/linux/generic/patches-4.4/721-after.patch', 'after', false],
    ['target/linux/x86/patches-4.4/200-after.patch', 'after', false],
  ]);
  expect(failed[0]?.remarks).toEqual([`${TCP}: Hunk #1 FAILED at 27.`]);
  expect(newPatches()).toEqual([]);
  expect(await made({ isForced: true })).toMatchObject({ outcome: 'written' });
  expect(newPatches()).toHaveLength(1);
});

test('where earlier patches change the same lines, ours does not apply, and that is told', async () => {
  mptcpHistory(place, 10);
  const released = { 5: 'tcp stable 70;', 12: 'tcp of 655;' };
  lede1701(place, {
    'generic/patches-4.4/680-before.patch': quiltPatch(
      'before',
      TCP,
      source('tcp', released),
      source('tcp', { ...released, 30: 'tcp of 680;' }),
    ),
  });
  const { outcome, verified } = await made();
  expect(outcome).toBe('broken');
  expect(verified.filter(({ fit }) => fit === 'failed')).toMatchObject([
    { place: 'ours', isBrokenAnyway: false, remarks: [`${TCP}: Hunk #1 FAILED at 27.`] },
  ]);
});

test('a patch that fails without ours too is not held against it', async () => {
  mptcpHistory(place, 10);
  lede1701(place, {
    'generic/patches-4.4/721-stale.patch': quiltPatch(
      'stale',
      'net/Makefile',
      source('old', {}, 10),
      source('old', { 5: 'x;' }, 10),
    ),
  });
  const result = await made();
  expect(result.outcome).toBe('written');
  expect(result.verified.filter(({ fit }) => fit === 'failed')).toMatchObject([
    { isBrokenAnyway: true, place: 'after' },
  ]);
});

test('fuzzy and displaced later patches are made anew with --refresh, and their words stay', async () => {
  mptcpHistory(place, 10);
  const released = { 5: 'tcp stable 70;', 12: 'tcp of 655;' };
  // Its context reaches the branch's change at line 30, its own line does not.
  const fuzzy = quiltPatch(
    'fuzzy',
    TCP,
    source('tcp', released),
    source('tcp', { ...released, 33: 'tcp of 721;' }),
  );
  const displaced = quiltPatch(
    'displaced',
    TCP,
    source('tcp', { ...released, 33: 'tcp of 721;' }),
    source('tcp', { ...released, 33: 'tcp of 721;', 50: 'tcp of 722;' }),
  );
  lede1701(place, {
    'generic/patches-4.4/721-fuzzy.patch': fuzzy,
    'generic/patches-4.4/722-displaced.patch': displaced,
  });
  const fits = (result: Made): string[] =>
    result.verified.map(({ file, fit }) => `${file.slice(-18)} ${fit}`);
  const dry = await make({ isRefreshing: true }, true);
  expect(dry.kind === 'made' && dry.verified.filter(({ refreshed }) => refreshed)).toHaveLength(2);
  const result = await made({ isRefreshing: true });
  expect(fits(result)).toEqual(
    expect.arrayContaining(
      ['14/721-fuzzy.patch fuzz', '22-displaced.patch offset'].map((one) =>
        expect.stringContaining(one.slice(3)),
      ),
    ),
  );
  const refreshed = place.read(`${PATCHES}/721-fuzzy.patch`);
  expect(refreshed).toMatch(
    /^From: An Author <author@example.org>\nSubject: fuzzy\n\nWords that stay.\n---\n--- a\/net/,
  );
  expect(refreshed).not.toMatch(/^(?:diff|index) /m);
  expect(refreshed).not.toBe(fuzzy);
  const again = await made({ isRefreshing: true });
  expect(again.outcome).toBe('unchanged');
  expect(again.verified.filter(({ fit }) => fit !== 'clean')).toEqual([]);
});

test('--split makes a patch of each commit, and they make the same tree', async () => {
  mptcpHistory(place, 10);
  lede1701(place);
  await made({ isSplit: true });
  expect(newPatches()).toEqual([
    '690-01-mptcp_v0.92-mptcp-Kconfig-and-the-protocol.patch',
    '690-02-mptcp_v0.92-tcp-hooks-for-mptcp.patch',
  ]);
  const commit = place.git('rev-parse', 'mptcp_v0.92');
  expect(place.read(`${PATCHES}/${newPatches()[1]}`)).toMatch(
    new RegExp(
      `^From ${commit} .*\nFrom: A Maintainer <maintainer@example.org>\nDate: .*\nSubject: \\[PATCH\\] tcp: hooks for mptcp\n`,
    ),
  );
  expectMergedTree(
    place,
    newPatches().map((name) => `${PATCHES}/${name}`),
  );
});

test('what a merge of the branch itself changed is one last patch of --split', async () => {
  mptcpHistory(place, 10);
  lede1701(place);
  // A merge that is more than its parents, as one in which conflicts were solved.
  place.git('checkout', '-q', '-b', 'fix', 'mptcp_v0.92~1');
  place.commit('mptcp: fix', { 'net/mptcp/mptcp_ctrl.c': source('mptcp', { 7: 'mptcp fix;' }) });
  place.git('checkout', '-q', 'mptcp_v0.92');
  place.git('merge', '-q', '--no-commit', 'fix');
  place.write(`linux/net/mptcp/mptcp_ctrl.c`, source('mptcp', { 7: 'mptcp fix;', 9: 'by the merge;' }));
  place.git('commit', '-qam', 'merge');
  await made({ isSplit: true });
  expect(newPatches()).toHaveLength(4);
  expect(newPatches()[3]).toBe('690-04-mptcp_v0.92-What-merging-changed.patch');
  expectMergedTree(
    place,
    newPatches().map((name) => `${PATCHES}/${name}`),
  );
});

test('the branch is fetched from where it is, and no ref of the repository changes', async () => {
  mptcpHistory(place, 10);
  lede1701(place);
  place.git('clone', '-q', '--bare', place.at('linux'), place.at('upstream.git'));
  place.git('branch', '-qD', 'mptcp_v0.92');
  place.git('reflog', 'expire', '--expire=now', '--all');
  place.git('gc', '-q', '--prune=now');
  expect(await codeOf(make())).toBe('no-such-commit');
  const refs = place.git('for-each-ref');
  expect(await make({ upstream: place.at('upstream.git') }, true)).toMatchObject({
    outcome: 'would-be-written',
  });
  expect((await made({ upstream: place.at('upstream.git') })).outcome).toBe('written');
  expect(place.git('for-each-ref')).toBe(refs);
  expect(existsSync(place.at('linux/.git/FETCH_HEAD'))).toBe(false);
});

test('modes, links, empty files and removed ones are carried', async () => {
  mptcpHistory(place, 10);
  lede1701(place);
  place.git('checkout', '-q', 'mptcp_v0.92');
  place.write('linux/scripts/mptcp.sh', '#!/bin/sh\n');
  chmodSync(place.at('linux/scripts/mptcp.sh'), 0o755);
  symlinkSync('../tcp.h', place.at('linux/net/mptcp/link.h'));
  place.commit('mptcp: a script, a link, a file less', {
    'Documentation/process/index.rst': undefined,
    'net/mptcp/empty.h': '',
  });
  await made();
  expectMergedTree(
    place,
    newPatches().map((name) => `${PATCHES}/${name}`),
  );
  expect(statSync(place.at('patched/scripts/mptcp.sh')).mode & 0o777).toBe(0o755);
  expect(readlinkSync(place.at('patched/net/mptcp/link.h'))).toBe('../tcp.h');
});

test('what `patch` cannot make, as a submodule, is found out', async () => {
  mptcpHistory(place, 10);
  lede1701(place);
  place.git('checkout', '-q', 'mptcp_v0.92');
  place.git('update-index', '--add', '--cacheinfo', `160000,${place.git('rev-parse', 'v4.4')},net/mptcp/sub`);
  place.git('commit', '-q', '-m', 'mptcp: a submodule');
  expect(await codeOf(made())).toBe('patch-differs');
  expect(newPatches()).toEqual([]);
});

test('mistakes are told before anything is merged', async () => {
  mptcpHistory(place, 10);
  lede1701(place);
  expect(await codeOf(make({ branch: 'mptcp_v0.93' }))).toBe('no-such-commit');
  expect(await codeOf(make({ base: 'v4.4.70' }))).toBe('other-version');
  expect(await codeOf(make({ openwrt: place.at('linux') }))).toBe('no-openwrt');
  expect(await codeOf(make({ tree: place.at('openwrt') }))).toBe('no-repository');
  expect(await codeOf(make({ into: 'hack' }))).toBe('no-such-folder');
  expect(await codeOf(make({ targets: ['x68'] }))).toBe('no-such-target');
  expect(await codeOf(make({ paths: ['net/mptpc'] }))).toBe('no-such-path');
  expect(await codeOf(make({ branch: 'v4.4.70' }))).toBe('nothing-to-patch');
});
