import { chownSync, existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Journal } from './journal.ts';
import type { Undo } from './step.ts';

const UNDO: Undo = { kind: 'sysctl', name: 'net.mptcp.enabled', ours: '1', before: '0' };

test('what one run records, the next one reads; an empty record leaves no file', () => {
  const directory = join(mkdtempSync(join(tmpdir(), 'wanbond-journal-')), 'state');
  const journal = new Journal(directory);
  expect(journal.entries).toEqual([]);
  journal.add(UNDO);
  const later = new Journal(directory);
  expect(later.entries).toEqual([UNDO]);
  later.remove(later.entries[0] as Undo);
  expect(new Journal(directory).entries).toEqual([]);
  expect(readdirSync(directory)).toEqual([]);
});

test('a damaged record is an error that names the file, and stays', () => {
  const directory = mkdtempSync(join(tmpdir(), 'wanbond-journal-'));
  const file = join(directory, 'journal.json');
  writeFileSync(file, '{"format":1,');
  expect(() => new Journal(directory)).toThrow(file);
  expect(existsSync(file)).toBe(true);
});

test.runIf(process.getuid?.() === 0)('root does not carry out the record of another user', () => {
  const directory = mkdtempSync(join(tmpdir(), 'wanbond-journal-'));
  const file = join(directory, 'journal.json');
  new Journal(directory).add(UNDO);
  expect(new Journal(directory).entries).toEqual([UNDO]);
  chownSync(file, 65_534, 65_534);
  expect(() => new Journal(directory)).toThrow(file);
});
