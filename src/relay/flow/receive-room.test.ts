// The room of a transfer by what comes over paths of different length.
import { expect, test } from 'vitest';
import { roomFor } from './receive-room.ts';

const MIB = 2 ** 20;
const path = (minRttMs: number, queueMs = 30) => ({ minRttMs, rttMs: minRttMs + queueMs });

test('while the longest path brings a byte, the others bring theirs: 120 Mbit/s at 10 and 60 ms', () => {
  const room = roomFor([path(10), path(60)], 15_000);
  expect(room / MIB).toBeGreaterThan(3);
  expect(room / MIB).toBeLessThan(4);
});

test('queues count as nothing, since room makes them', () => {
  expect(roomFor([path(10, 300), path(60, 300)], 15_000)).toBe(roomFor([path(10), path(60)], 15_000));
});

test.each([
  ['one path, which the kernel follows', [path(60)]],
  ['short paths', [path(1), path(4)]],
  ['a path of which no round trip is known', [path(10), { minRttMs: 2 ** 32 - 1, rttMs: 0 }]],
  ['no paths', []],
])('nothing is asked for: %s', (_, paths) => {
  expect(roomFor(paths, 15_000)).toBe(0);
});
