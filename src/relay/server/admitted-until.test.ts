import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AdmittedUntil, notBefore, readAdmittedUntil } from './admitted-until.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'admitted-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('what was admitted lies before what is read at the next start, over all workers', () => {
  expect(readAdmittedUntil(directory)).toBe(0);
  const [first, second] = [new AdmittedUntil(directory, 0), new AdmittedUntil(directory, 1)];
  for (const timeMs of [1000, 1500, 30_000]) expect(first.cover(timeMs)).toBe(true);
  expect(second.cover(20_000)).toBe(true);
  expect(readAdmittedUntil(directory)).toBeGreaterThan(30_000);
  expect(readdirSync(directory)).toHaveLength(2);
});

test('it is written ahead: not for every request', () => {
  const one = new AdmittedUntil(directory, 0);
  one.cover(1000);
  const noted = readAdmittedUntil(directory);
  one.cover(noted - 1);
  expect(readAdmittedUntil(directory)).toBe(noted);
  one.cover(noted);
  expect(readAdmittedUntil(directory)).toBeGreaterThan(noted);
});

test('what cannot be noted must not be admitted', () => {
  const nowhere = new AdmittedUntil(join(directory, 'gone'), 0);
  expect(nowhere.cover(1000)).toBe(false);
});

test('a directory that is not there, and files of others, say nothing', () => {
  expect(readAdmittedUntil(join(directory, 'gone'))).toBe(0);
  writeFileSync(join(directory, 'shadowsocks-until-7'), 'no number');
  writeFileSync(join(directory, 'control.sock'), '5');
  chmodSync(join(directory, 'control.sock'), 0o000);
  expect(readAdmittedUntil(directory)).toBe(0);
});

test('a time that no client could have had does not count', () => {
  expect(notBefore(1_000_000, 980_000)).toBe(1_000_000);
  expect(notBefore(1_000_000, 900_000)).toBe(0);
});
