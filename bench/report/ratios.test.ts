// Ratios are medians of what each round gave, and absent where no round did.
import { expect, test } from 'vitest';
import { CASES } from '../cases/all.ts';
import { METHODS } from '../methods/all.ts';
import { figuresOf, ratiosOf } from './ratios.ts';
import { caseRun, relay, resultsOf, RUNS } from './runs.fixture.ts';

test('every ratio by its name', () => {
  expect(ratiosOf(RUNS)).toEqual({
    relay: {
      // 1.6, 1.1, 2.3: the ratio of the medians would be 1.53.
      throughputVsHaproxy: 1.6,
      // Rounds one and three: 6 and 5.
      throughputVsSsRedirAesGcm: 5.5,
      throughputVsNativeMptcp: 0.575,
      // 0.5 / 0.8, 0.5 / 1, 0.6 / 1.
      routerCpuVsHaproxy: 0.6,
      // 0.1 and 0.12.
      routerCpuVsSsRedirAesGcm: 0.11,
    },
    setup: { connRateVsHaproxy: 0.625, p50VsHaproxy: 0.5, p99VsHaproxy: 1, warmMinusPlainRtts: -0.95 },
    // 0.5 of 1 B, 1.4 of 64 KiB.
    small: { addedP50VsHaproxy: 1.4 },
    many: { bytesPerIdleFlow: 5810, rssAtStartMb: 97 },
  });
});

test('every figure is of a variant and of methods that are measured', () => {
  const measured = (name: string): string[] =>
    CASES.filter((one) => one.name === name).flatMap(({ setups }) =>
      setups.flatMap(({ variants }) => variants.map((variant) => variant.name)),
    );
  for (const { case: name, variant, methods } of figuresOf(RUNS)) {
    expect(measured(name)).toContain(variant);
    expect(METHODS.map((method) => method.name)).toEqual(expect.arrayContaining([...methods]));
  }
});

test('a method that is missing takes its ratios along, and no others', () => {
  const runs = {
    relay: caseRun(
      relay('throughputMbps', { 'wanbond-convert': [10, 12], haproxy: [5, 6], native: [undefined] }),
    ),
  };
  expect(ratiosOf(runs)).toEqual({ relay: { throughputVsHaproxy: 2 }, setup: {}, small: {}, many: {} });
});

test('nothing measured, no ratio', () => {
  expect(ratiosOf({})).toEqual({ relay: {}, setup: {}, small: {}, many: {} });
  const runs = { relay: caseRun(relay('throughputMbps', { 'wanbond-convert': [undefined], haproxy: [5] })) };
  expect(ratiosOf(runs)['relay']).toEqual({});
});

test('a division by nothing is no ratio', () => {
  const runs = { relay: caseRun(relay('throughputMbps', { 'wanbond-convert': [5, 6], haproxy: [0, 3] })) };
  expect(ratiosOf(runs)['relay']).toEqual({ throughputVsHaproxy: 2 });
});

test('the figure of small requests tells which size was the worst', () => {
  const figure = figuresOf(RUNS).find(({ name }) => name === 'addedP50VsHaproxy');
  expect(figure).toMatchObject({ variant: '64 KiB', rounds: [1.4, 1.4] });
});

test('where HAProxy adds nothing there is nothing to compare with', () => {
  const small = resultsOf('small', '1 B', 'p50Us', {
    'wanbond-convert': [150, 150],
    haproxy: [99, 200],
    plain: [100, 100],
  });
  expect(ratiosOf({ small: caseRun(small) })['small']).toEqual({ addedP50VsHaproxy: 0.5 });
});

test('a size that wanbond failed at is not hidden behind the others', () => {
  const failed = resultsOf('small', '16 KiB', 'p50Us', {
    'wanbond-convert': [undefined],
    haproxy: [2],
    plain: [1],
  });
  const small = caseRun([...(RUNS['small']?.results ?? []), ...failed]);
  expect(ratiosOf({ small })['small']).toEqual({});
});
