// The files of the report: what is in them, and that a document without a place for it leaves all as it was.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { readRuns } from '../results.ts';
import { BEGIN, END } from './document.ts';
import { ratiosOf } from './ratios.ts';
import { RUNS } from './runs.fixture.ts';
import { renderSummary } from './summary.ts';
import { writeReport } from './write.ts';

function docs(text: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'bench-report-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'performance.md'), text);
  return dir;
}

const files = (dir: string): string[] => readdirSync(dir, { recursive: true, encoding: 'utf8' }).toSorted();

test('data, document and the plots that it shows', () => {
  const docsDir = docs(`${BEGIN}\n${END}\n`);
  writeReport(RUNS, { docsDir });
  const document = readFileSync(join(docsDir, 'performance.md'), 'utf8');
  const shown = [...document.matchAll(/\]\((performance\/[^)]+)\)/g)].map(([, file = '']) => file);
  expect(shown.length).toBeGreaterThan(0);
  expect(files(docsDir)).toEqual(['performance', 'performance.json', 'performance.md', ...shown].toSorted());
  expect(readRuns(join(docsDir, 'performance.json'))).toEqual(RUNS);
  const data = JSON.parse(readFileSync(join(docsDir, 'performance.json'), 'utf8')) as { ratios: unknown };
  expect(data.ratios).toEqual(ratiosOf(RUNS));
});

test('no marks, no file', () => {
  const docsDir = docs('nothing here\n');
  expect(() => writeReport(RUNS, { docsDir })).toThrow('no place for the measured part');
  expect(files(docsDir)).toEqual(['performance.md']);
});

test('one that cannot be written leaves the others as they were', () => {
  const frame = `${BEGIN}\n${END}\n`;
  const docsDir = docs(frame);
  mkdirSync(join(docsDir, 'performance.json.new', 'in the way'), { recursive: true });
  expect(() => writeReport(RUNS, { docsDir })).toThrow(/EISDIR/);
  expect(readFileSync(join(docsDir, 'performance.md'), 'utf8')).toBe(frame);
  expect(files(docsDir).filter((file) => file.endsWith('.svg'))).toEqual([]);
});

test('the terminal gets every target, the count and what failed', () => {
  const summary = stripVTControlCharacters(renderSummary(RUNS));
  expect(summary).toMatch(/Relay: throughput, × HAProxy\s.*≥ 1\.4.*1\.6.*met/);
  expect(summary).toMatch(/failed openings.*missed by 2/);
  expect(summary).toContain('targets      7 met, 5 missed');
  expect(summary).toContain('failed       failover, silent, plain: the flow was lost after 20 s');
  expect(stripVTControlCharacters(renderSummary({}))).toContain('targets      0 met, 0 missed');
});
