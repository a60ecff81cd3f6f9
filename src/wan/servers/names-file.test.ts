import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseAddress } from '../../base/address.ts';
import { readNames, writeNames } from './names-file.ts';
import { DATA_FILES } from '../tiers/usage-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wanbond-names-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const ANSWERS = new Map([
  ['vps.example.net', [parseAddress('192.0.2.1'), parseAddress('2001:db8::1')]],
  ['old.example.net', [parseAddress('192.0.2.9')]],
]);

test('what was written is read again, but for names that nobody asks for any more', () => {
  const below = join(folder, 'data');
  expect(readNames(below, ['vps.example.net'])).toEqual(new Map());
  writeNames(below, ANSWERS);
  const known = new Map([['vps.example.net', ANSWERS.get('vps.example.net')]]);
  expect(readNames(below, ['vps.example.net', 'new.example.net'])).toEqual(known);
});

test('a damaged file is as good as none', () => {
  writeNames(folder, ANSWERS);
  writeFileSync(join(folder, 'names.json'), '{"vps.example.net":["192.0');
  expect(readNames(folder, ['vps.example.net'])).toEqual(new Map());
});

test('whoever removes what lies in the data folder knows of it', () => {
  writeNames(folder, ANSWERS);
  const known: readonly string[] = DATA_FILES;
  expect(readdirSync(folder).filter((name) => !known.includes(name))).toEqual([]);
});
