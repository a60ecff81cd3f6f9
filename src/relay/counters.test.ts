// The counters, and that the documentation tells of each.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Counters, createCounterMemory, readCounters } from './counters.ts';

const DOCS = join(import.meta.dirname, '../../docs/troubleshooting.md');

/** The first column of the table whose head has `title`. */
function rowsOf(title: string): string[] {
  const [, table = ''] = readFileSync(DOCS, 'utf8').split(`\n| ${title} |`);
  return [...(table.split('\n\n')[0] ?? '').matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = '']) => name);
}

test('every counter and every reason is documented, in the order of the status', () => {
  const { failed, ...counters } = readCounters(createCounterMemory(1));
  expect(rowsOf('counter')).toEqual(Object.keys(counters));
  expect(rowsOf('reason')).toEqual(Object.keys(failed));
});

test('what the workers count is summed', () => {
  const memory = createCounterMemory(2);
  const [first, second] = [0, 1].map((worker) => new Counters(memory, worker)) as [Counters, Counters];
  first.add('flowsOpened', 2);
  second.add('flowsOpened', 3);
  second.set('pipesOpen', 7);
  first.fail('timeout');
  second.fail('timeout');
  second.fail('resource');
  const { flowsOpened, pipesOpen, failed } = readCounters(memory);
  expect({ flowsOpened, pipesOpen, timeout: failed.timeout, resource: failed.resource }).toEqual({
    flowsOpened: 5,
    pipesOpen: 7,
    timeout: 2,
    resource: 1,
  });
});
