import { expect, test } from 'vitest';
import { gather } from './rounds.ts';

const look = (round: number, method: string, metrics: Record<string, number>, failure?: string) => ({
  round,
  caseName: 'relay',
  variant: '1 path',
  method,
  metrics,
  failure,
});

test('each metric has one value a round, in their order', () => {
  const looks = [look(1, 'a', { mbps: 12 }), look(0, 'a', { mbps: 10 }), look(0, 'b', { mbps: 3 })];
  expect(gather(looks, 2)).toEqual([
    { case: 'relay', variant: '1 path', method: 'a', metric: 'mbps', values: [10, 12] },
    { case: 'relay', variant: '1 path', method: 'b', metric: 'mbps', values: [3, undefined] },
  ]);
});

test('a round that failed keeps its place, and the reason is told', () => {
  const looks = [look(0, 'a', {}, 'no route'), look(1, 'a', { mbps: 12 })];
  expect(gather(looks, 2)).toMatchObject([{ values: [undefined, 12], failure: 'no route' }]);
});

test('what a method does not have is no failure', () => {
  const { metrics, ...rest } = look(0, 'plain', { mbps: 3 });
  const results = gather([{ ...rest, metrics: { ...metrics, routerCpu: undefined } }], 1);
  expect(results.map(({ metric }) => metric)).toEqual(['mbps']);
});

test('a method that never worked is told as well', () => {
  expect(gather([look(0, 'a', {}, 'no route')], 1)).toMatchObject([
    { method: 'a', values: [undefined], failure: 'no route' },
  ]);
});
