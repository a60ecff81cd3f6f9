// The lateness histogram: quantiles within its resolution, and a fresh start after each summary.
import { expect, it } from 'vitest';
import { Lateness } from './lateness.ts';

it('tells quantiles within 10 %', () => {
  const lateness = new Lateness();
  for (let i = 1; i <= 1000; i++) lateness.record(i / 100);
  const summary = lateness.take();
  expect(summary?.packets).toBe(1000);
  expect(summary?.p50Ms).toBeGreaterThan(4.6);
  expect(summary?.p50Ms).toBeLessThan(5.5);
  expect(summary?.p99Ms).toBeGreaterThan(9);
  expect(summary?.p99Ms).toBeLessThanOrEqual(10);
  expect(summary?.maxMs).toBe(10);
});

it('starts anew after a summary and takes any value', () => {
  const lateness = new Lateness();
  expect(lateness.take()).toBeUndefined();
  lateness.record(0);
  lateness.record(1e9);
  expect(lateness.take()).toMatchObject({ packets: 2, p50Ms: 0, maxMs: 1e9 });
  expect(lateness.take()).toBeUndefined();
});
