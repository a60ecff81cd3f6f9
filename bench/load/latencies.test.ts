import { expect, test } from 'vitest';
import { Latencies } from './latencies.ts';

test('percentiles are times that were measured', () => {
  const latencies = new Latencies();
  expect(latencies.percentile(0.5)).toBeUndefined();
  for (let ms = 100; ms >= 1; ms--) latencies.add(ms);
  expect(latencies.percentile(0.5)).toBe(50);
  expect(latencies.percentile(0.99)).toBe(99);
  expect(latencies.percentile(1)).toBe(100);
  expect(latencies.percentile(0)).toBe(1);
});
