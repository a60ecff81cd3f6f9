// What `wanbond lab` prints of its measurements: the verdict, and the figures of a cut.
import { expect, test } from 'vitest';
import { remains, startLab } from '../support/lab-command.ts';

const TIMEOUT_MS = 180_000;

test('two slow WANs are bonding: one JSON document on standard output, nothing else, exit 0', {
  timeout: TIMEOUT_MS,
}, async () => {
  const { pid, ended } = startLab('--wan', '10mbit', '--wan', '10mbit,delay=5ms', '--seconds', '4', '--json');
  const { code, out, err } = await ended;
  expect(err).not.toMatch(/fail/i);
  const document = JSON.parse(out) as Record<string, unknown>;
  expect(document).toMatchObject({
    schema: 1,
    verdict: 'bonding',
    sha256Match: true,
    bonded: { subflows: 2 },
  });
  expect(document).toMatchObject({ lanUsedMptcp: false, originUsedMptcp: false, middleUsedMptcp: true });
  expect(code).toBe(0);
  expect(remains(pid)).toEqual([]);
});

test('a cut is measured: its figures are in the document, and its flows go on', {
  timeout: TIMEOUT_MS,
}, async () => {
  const cut = 'wan1@3s,restore=5s';
  const { pid, ended } = startLab(
    ...['--wan', '10mbit', '--wan', '10mbit,delay=5ms', '--seconds', '2'],
    ...['--cut', cut, '--json'],
  );
  const { code, out, err } = await ended;
  const document = JSON.parse(out) as { schema: number; verdict: string; cut: Record<string, unknown> };
  expect(document.schema).toBe(1);
  expect(document.cut, err).toMatchObject({
    wan: 'wan1',
    kind: 'carrier',
    direction: 'both',
    transfer: 'down',
    stallMs: expect.any(Number),
    usualGapMs: expect.any(Number),
    newFlowMs: expect.any(Number),
    newFlowWorstMs: expect.any(Number),
    usualFlowMs: expect.any(Number),
    restoreStallMs: expect.any(Number),
  });
  // Whoever opens at that very moment may be reset.
  expect(document.cut['flowsLost'], err).toBeLessThanOrEqual(2);
  expect(document.cut['flows']).toBeGreaterThan(20);
  expect(code === 0).toBe(document.verdict === 'bonding');
  expect(remains(pid)).toEqual([]);
});
