// Targets are met, missed by so much, or told as not measured; none is left out.
import { expect, test } from 'vitest';
import { caseRun, relay, resultsOf, RUNS } from './runs.fixture.ts';
import { type Verdict, verdictsOf } from './verdicts.ts';

const find = (verdicts: readonly Verdict[], part: string): Verdict | undefined =>
  verdicts.find(({ what }) => what.includes(part));

test('met and missed, by how much and in how many rounds', () => {
  const verdicts = verdictsOf(RUNS);
  expect(find(verdicts, 'throughput, × HAProxy')).toMatchObject({
    target: '≥ 1.4',
    figure: '1.6',
    range: '1.1 to 2.3',
    rounds: '3 of 3',
    verdict: 'met; fewer than 5 rounds',
    isMet: true,
  });
  expect(find(verdicts, 'MPTCP end to end')).toMatchObject({
    figure: '0.575',
    verdict: 'missed by 12 %; fewer than 5 rounds',
    isMet: false,
  });
  expect(find(verdicts, 'memory at start')).toMatchObject({ figure: '97 MB', isMet: false });
  expect(find(verdicts, 'memory of each')).toMatchObject({ target: '≤ 6,000 bytes', isMet: true });
});

test('a round that failed is told', () => {
  expect(find(verdictsOf(RUNS), 'throughput, × ss-redir')).toMatchObject({
    rounds: '2 of 3',
    verdict: 'met; other rounds failed; fewer than 5 rounds',
  });
});

test('one flow that failed in one round is a miss, and a failed round as well', () => {
  expect(find(verdictsOf(RUNS), 'failed openings')).toMatchObject({ figure: '2', isMet: false });
  const many = (values: readonly (number | undefined)[]): Verdict | undefined =>
    find(
      verdictsOf({
        many: caseRun(resultsOf('many', '10,000 flows', 'failures', { 'wanbond-convert': values })),
      }),
      'failed openings',
    );
  expect(many([0, 0, 0, 0, 0])).toMatchObject({ verdict: 'met', isMet: true });
  expect(many([0, 0, 0, 0, undefined])).toMatchObject({ isMet: false });
});

test('every target is there when one case alone was run, with the reason where all rounds failed', () => {
  const failing = relay('throughputMbps', { 'wanbond-convert': [5], haproxy: [undefined] }).map((result) => ({
    ...result,
    ...(result.method === 'haproxy' ? { failure: 'no port' } : {}),
  }));
  const verdicts = verdictsOf({ relay: caseRun(failing) });
  expect(verdicts).toHaveLength(verdictsOf(RUNS).length);
  expect(find(verdicts, 'throughput, × HAProxy')).toMatchObject({
    figure: '–',
    verdict: 'not measured: no port',
  });
  expect(find(verdicts, 'Small requests')?.verdict).toBe('not measured');
  expect(verdicts.map(({ isMet }) => isMet).filter((isMet) => isMet !== undefined)).toEqual([]);
});
