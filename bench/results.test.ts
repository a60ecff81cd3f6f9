// Runs come back from their file as they were written, failed rounds too.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { caseRun, relay } from './report/runs.fixture.ts';
import { readRuns } from './results.ts';

function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), 'bench-results-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

test('a round that failed is undefined again', () => {
  const file = join(scratch(), 'performance.json');
  const runs = { relay: caseRun(relay('throughputMbps', { haproxy: [1, undefined, 3] })) };
  writeFileSync(file, JSON.stringify({ ratios: {}, runs }));
  expect(readRuns(file)).toEqual(runs);
  expect(readRuns(file)['relay']?.results[0]?.values[1]).toBeUndefined();
});

test('no file is no runs', () => {
  expect(readRuns(join(scratch(), 'performance.json'))).toEqual({});
});
