import { expect, test } from 'vitest';
import { WanbondError } from '../../base/error.ts';
import { chooseNumber, earlierVersions, lumpName, nameOfBranch, splitNames } from './names.ts';
import { isMainline } from './job.ts';

const OURS = { number: 690, name: 'mptcp_v0.92', mainline: undefined, short: 'e1243fb' };
const BACKPORT = { number: 690, name: 'mptcp', mainline: 'v6.12', short: 'abcdef0' };

test('the names that people give', () => {
  expect(lumpName(OURS)).toBe('690-mptcp_v0.92_e1243fb.patch');
  expect(lumpName({ ...BACKPORT, number: 7 })).toBe('007-v6.12-mptcp.patch');
  expect(splitNames(OURS, ['tcp: a/b  [c]', '...'])).toEqual([
    '690-01-mptcp_v0.92-tcp-a-b-c.patch',
    '690-02-mptcp_v0.92-patch.patch',
  ]);
});

test('a hundred split patches sort in their order', () => {
  const names = splitNames(
    BACKPORT,
    Array.from({ length: 120 }, () => 'x'),
  );
  expect(names.toSorted()).toEqual(names);
});

test('the name of a branch', () => {
  expect(nameOfBranch('origin/mptcp_v0.92')).toBe('mptcp_v0.92');
  expect(nameOfBranch('net/mptcp/')).toBe('mptcp');
  expect(nameOfBranch('feature/-odd name!')).toBe('odd-name');
});

test('earlier versions are known by their names, and others are let alone', () => {
  const names = [
    '655-mptcp.patch',
    '690-mptcp_v0.92_0123456.patch',
    '691-01-mptcp_v0.92-tcp-hooks.patch',
    '690-mptcp_v0.91_0123456.patch',
    '690-v6.10-mptcp.patch',
    '700-v6.10-mptcp-fix-a-bug.patch',
    '701-v6.10-net-mptcp.patch',
  ];
  expect(earlierVersions(names, OURS)).toEqual([names[1], names[2]]);
  expect(earlierVersions(names, BACKPORT)).toEqual(['690-v6.10-mptcp.patch']);
});

test('a number that is free, within its hundred', () => {
  expect(chooseNumber(['690-a.patch', '691-01-b.patch', 'README'], 690, false)).toBe(692);
  expect(chooseNumber(['0690-a.patch'], 690, false)).toBe(691);
  expect(chooseNumber([], 690, true)).toBe(690);
  const all = Array.from({ length: 10 }, (_, i) => `${690 + i}-x.patch`);
  expect(() => chooseNumber(all, 690, false)).toThrow(/all numbers from 690 to 699 are taken/);
  expect(() => chooseNumber(['690-a.patch'], 690, true)).toThrow(WanbondError);
});

test('releases of mainline are told from other branches', () => {
  for (const name of ['v6.12', 'v6.13-rc2', 'linux-6.12.y', 'stable/linux-6.6.y', '6.6.73']) {
    expect(isMainline(name), name).toBe(true);
  }
  for (const name of ['mptcp_v0.92', 'mptcp-6.12', 'v6', 'main']) expect(isMainline(name), name).toBe(false);
});
