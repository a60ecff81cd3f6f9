import { expect, test } from 'vitest';
import { createUnprovedMemory, Unproved } from './unproved.ts';

test('the limit holds per address and over all workers, and a place that was left is free again', () => {
  const memory = createUnprovedMemory();
  const [one, two] = [new Unproved(memory, 3), new Unproved(memory, 3)];
  const leave = one.enter('192.0.2.1');
  expect(two.enter('192.0.2.1')).toBeDefined();
  expect(two.enter('192.0.2.1')).toBeDefined();
  expect(one.enter('192.0.2.1')).toBeUndefined();
  expect(two.enter('192.0.2.1')).toBeUndefined();
  expect(one.enter('2001:db8::1')).toBeDefined();
  leave?.();
  leave?.();
  expect(two.enter('192.0.2.1')).toBeDefined();
  expect(one.enter('192.0.2.1')).toBeUndefined();
});

test('another process has another seed', () => {
  const slots = (memory: SharedArrayBuffer): string => Buffer.from(memory).toString('base64');
  const memories = [createUnprovedMemory(), createUnprovedMemory()];
  for (const memory of memories) {
    new Uint8Array(memory).fill(0, 16);
    new Unproved(memory, 1).enter('192.0.2.1');
  }
  expect(new Set(memories.map(slots)).size).toBe(2);
});
