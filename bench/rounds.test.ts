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
  const results = gather([look(0, 'plain', { mbps: 3 }), look(0, 'a', { mbps: 3, cpu: 1 })], 1);
  expect(results.map(({ method, metric }) => `${method} ${metric}`)).toEqual([
    'plain mbps',
    'a mbps',
    'a cpu',
  ]);
});

test('a figure that failed beside others tells why', () => {
  const one = {
    ...look(0, 'a', { newMs: 3 }),
    metrics: { newMs: 3, stallMs: { failed: 'the flow was lost' } },
  };
  const results = gather([one], 1);
  expect(results[0]).toMatchObject({ metric: 'newMs', values: [3] });
  expect(results[0]).not.toHaveProperty('failure');
  expect(results[1]).toMatchObject({ metric: 'stallMs', values: [undefined], failure: 'the flow was lost' });
});

test('a method that never worked has failed at what others were measured for', () => {
  const results = gather([look(0, 'a', {}, 'no route'), look(0, 'b', { mbps: 3 })], 1);
  expect(results[0]).toMatchObject({ method: 'a', metric: 'mbps', values: [undefined], failure: 'no route' });
  expect(gather([look(0, 'a', {}, 'no route')], 1)).toMatchObject([{ method: 'a', failure: 'no route' }]);
});
