// The measured part of the document: what a reader finds there, and that nothing else of the document changes.
import { expect, test } from 'vitest';
import { BEGIN, END, withReport } from './document.ts';
import { caseRun, ENVIRONMENT, relay, resultsOf, RUNS } from './runs.fixture.ts';

const FRAME = `# Performance\n\nBefore.\n\n${BEGIN}\n\nold figures\n\n${END}\n\n## After\n`;
const text = withReport(FRAME, RUNS);

/** The cells of a row, from the first table in which one begins with that label. */
const row = (of: string, label: string): string[] | undefined =>
  of
    .split('\n')
    .find((line) => line.startsWith(`| ${label}`))
    ?.split('|')
    .slice(2, -1)
    .map((cell) => cell.trim());
const section = (title: string): string => text.split('### ').find((part) => part.startsWith(title)) ?? '';

test('the rest of the document stays, and the part is replaced as often as one likes', () => {
  expect(text.startsWith(`# Performance\n\nBefore.\n\n${BEGIN}\n\n`)).toBe(true);
  expect(text.endsWith(`\n\n${END}\n\n## After\n`)).toBe(true);
  expect(text).not.toContain('old figures');
  expect(withReport(text, RUNS)).toBe(text);
});

test.each([['# Nothing\n'], [`${BEGIN}\n`], [`${END}\n${BEGIN}\n`]])(
  'without both marks in order: what to do (%j)',
  (frame) => {
    expect(() => withReport(frame, RUNS)).toThrow(
      expect.objectContaining({ code: 'no-bench-marks', hint: expect.stringContaining(BEGIN) }),
    );
  },
);

test('the verdicts come first, misses in bold', () => {
  expect(text.indexOf('| target |')).toBeLessThan(text.indexOf('### Relay'));
  expect(row(text, 'Relay: throughput, × MPTCP end to end')).toEqual([
    '≥ 0.65',
    '0.575 <small>0.55 to 0.6</small>',
    '3 of 3',
    '**missed by 12 %; fewer than 5 rounds**',
  ]);
});

test('relay: medians in one unit, ranges, failures, and the line to beat', () => {
  const relayText = section('Relay');
  expect(row(relayText, '**wanbond, convert**')?.slice(0, 3)).toEqual([
    '4.6 <small>4.4 to 4.8</small>',
    '0.511 <small>0.489 to 0.533</small>',
    '0.5 <small>0.5 to 0.6</small>',
  ]);
  expect(relayText).toContain('throughput, Gbit/s');
  expect(row(relayText, 'ss-redir + ss-server, AES-256-GCM')?.[0]).toBe(
    '0.86 <small>0.8 to 0.92; 1 of 3 failed</small>',
  );
  expect(row(relayText, '*redirector of 2017 (the line to beat)*')?.slice(0, 3)).toEqual(['–', '0.11', '–']);
  expect(relayText).toContain('2 paths, 1 stream, down: 1 of 3 (ss-server ended \\| exit code 1)');
  expect(relayText).toContain('Not run here: wanbond, direct;');
  // No figure of that method, so no other method's takes its place.
  expect(row(relayText, 'plain routing')?.[2]).toBe('–');
});

test('a method whose rounds all failed has a row and a reason', () => {
  const failover = section('A link dies');
  expect(row(failover, 'plain routing')).toEqual(['failed']);
  expect(failover).toContain('plain routing, silent: 2 of 2 (the flow was lost after 20 s)');
});

test('machine, command and versions stand once while all cases agree', () => {
  for (const part of ['Example CPU', '`make bench`, on 2026-11-20', 'HAProxy 2.6.12']) {
    expect(text.split(part)).toHaveLength(2);
  }
});

test('what differs between cases stands with each', () => {
  const elsewhere = {
    ...ENVIRONMENT,
    command: 'make bench CASES=small',
    kernel: '6.19.0',
    date: '2026-11-22T01:00:00Z',
    commit: 'abc1234',
  };
  const small = resultsOf('small', '1 B', 'p50Us', { 'wanbond-convert': [1500] });
  const mixed = withReport(FRAME, { ...RUNS, small: caseRun(small, elsewhere) });
  const [before = '', after = ''] = mixed.split('### Small requests');
  expect(after).toContain('`make bench CASES=small`, on 2026-11-22, at `abc1234`');
  expect(after).toContain('Linux 6.19.0');
  expect(before).toContain('Linux 6.18.0');
  expect(before.split('### Relay')[0]).not.toContain('Machine:');
  // The versions are those of all.
  expect(mixed.split('HAProxy 2.6.12')).toHaveLength(2);
});

test('one case alone, with names that nobody described', () => {
  const odd = [
    ...relay('throughputMbps', { 'new-method': [10] }),
    ...resultsOf('relay', 'upside down', 'bounces', { 'new-method': [3, 4, 5] }),
  ];
  const alone = withReport(FRAME, { relay: caseRun(odd) });
  expect(alone).toContain('| upside down |');
  expect(row(alone.split('**Bounces**')[1] ?? '', 'new-method')).toEqual(['4 <small>3 to 5</small>']);
  expect(alone).not.toContain('### Set-up');
  expect(alone.split('not measured')).toHaveLength(14);
});

test('plots that are there are shown, with words for those who do not see them', () => {
  expect(section('Relay')).toMatch(
    /!\[Throughput through each method[^\]]*\]\(performance\/relay-throughput\.svg\)/,
  );
  expect(section('Cost by')).toContain('(performance/growth.svg)');
  expect(section('Small requests')).not.toContain('.svg');
});

test('no runs, no tables', () => {
  expect(withReport(FRAME, {})).toContain('Nothing was measured yet');
});
