// `make bench` from end to end, one small case: what it measures ends up in the report, and nothing stays behind.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCommand } from '../src/lab/command.ts';

const BENCH = join(import.meta.dirname, '../.make/bench/bench.js');
const TEXT = '# Performance\n\n<!-- bench:begin -->\nold\n<!-- bench:end -->\n\nby hand\n';

let docs: string;

beforeEach(() => {
  docs = mkdtempSync(join(tmpdir(), 'wanbond-bench-'));
  writeFileSync(join(docs, 'performance.md'), TEXT);
});
afterEach(() => rmSync(docs, { recursive: true }));

test('a case that is picked is measured and reported', async () => {
  const methods = 'plain,wanbond-convert,haproxy';
  // What it measures is not looked at here.
  const argv = [
    BENCH,
    '--under-pressure',
    '--cases',
    'small',
    '--methods',
    methods,
    '--rounds',
    '1',
    '--docs',
    docs,
  ];
  const { code, stdout, stderr } = await runCommand([process.execPath, ...argv], { timeoutMs: 170_000 });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('wanbond, convert');

  const { ratios, runs } = JSON.parse(readFileSync(join(docs, 'performance.json'), 'utf8'));
  expect(ratios.small.addedP50VsHaproxy).toBeGreaterThan(0);
  const measured = runs.small.results.filter(({ metric }: { metric: string }) => metric === 'p50Us');
  // Three methods, five sizes, one round.
  expect(measured).toHaveLength(15);
  for (const { values } of measured) expect(values).toEqual([expect.any(Number)]);
  const versions = Object.keys(runs.small.environment.versions);
  expect(versions.toSorted()).toEqual(methods.split(',').toSorted());

  const text = readFileSync(join(docs, 'performance.md'), 'utf8');
  expect(text).toContain('HAProxy');
  expect(text).toContain('by hand');
  expect(text).not.toContain('old');
});

test('what is not known is refused with what there is', async () => {
  const { code, stderr } = await runCommand([process.execPath, BENCH, '--cases', 'big']);
  expect(code).not.toBe(0);
  expect(stderr).toContain('Choose from relay, setup, small, many, aggregate, failover, growth');
});
