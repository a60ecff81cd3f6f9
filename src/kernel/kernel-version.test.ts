import { expect, test } from 'vitest';
import { compareSeries, versionIn, versionOfMakefile } from './kernel-version.ts';

test('versions in the ways they are written', () => {
  expect(versionIn('v4.4.74')).toEqual({ series: '4.4', full: '4.4.74' });
  expect(versionIn('6.1.0-18-amd64')).toEqual({ series: '6.1', full: '6.1' });
  expect(versionIn('config-6.12')).toEqual({ series: '6.12', full: '6.12' });
  expect(versionIn('mptcp')).toBeUndefined();
  const makefile = '# SPDX\nVERSION = 6\nPATCHLEVEL = 6\nSUBLEVEL = 73\nEXTRAVERSION =\nNAME = Name\n';
  expect(versionOfMakefile(makefile)).toEqual({ series: '6.6', full: '6.6.73' });
  expect(versionOfMakefile('all:\n')).toBeUndefined();
});

test('6.12 is newer than 6.6', () => {
  expect(['6.12', '5.15', '6.6'].toSorted(compareSeries)).toEqual(['5.15', '6.6', '6.12']);
});
