import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addUse, NO_USE } from './usage.ts';
import { readUsage, writeUsage } from './usage-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wanbond-usage-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const USAGE = new Map([
  ['dsl', addUse(NO_USE, { rxBytes: 7, txBytes: 3 }, new Date(2025, 5, 20))],
  ['lte', addUse(NO_USE, { rxBytes: 1, txBytes: 0 }, new Date(0))],
]);

test('what was written is read again, and a folder is made where there is none', async () => {
  const below = join(folder, 'data', 'wanbond');
  expect(readUsage(below)).toEqual({ usage: new Map(), damage: undefined });
  await writeUsage(below, USAGE);
  await writeUsage(below, USAGE);
  expect(readUsage(below)).toEqual({ usage: USAGE, damage: undefined });
  expect(readdirSync(below)).toEqual(['usage.json']);
});

test.each([
  ['cut off', '{"format":1,"wans":{"dsl":{"days":{"2025-'],
  ['of another format', '{"format":2,"wans":{}}'],
  ['without sense', '{"format":1,"wans":{"dsl":{"days":{"2025-06-20":{"rxBytes":-1,"txBytes":0}}}}}'],
  ['empty', ''],
])('a file that is %s is set aside, and counting begins anew', async (_, text) => {
  const file = join(folder, 'usage.json');
  writeFileSync(file, text);
  const { usage, damage } = readUsage(folder);
  expect(usage.size).toBe(0);
  expect(damage).toContain(file);
  expect(damage).toContain('and is now');
  expect(existsSync(file)).toBe(false);
  expect(readFileSync(`${file}.bad`, 'utf8')).toBe(text);
  await writeUsage(folder, USAGE);
  expect(readUsage(folder).usage).toEqual(USAGE);
});

test('a folder that cannot be written to is an error for the caller to tell', async () => {
  writeFileSync(join(folder, 'file'), '');
  await expect(writeUsage(join(folder, 'file'), USAGE)).rejects.toThrow(/EEXIST|ENOTDIR/);
});
