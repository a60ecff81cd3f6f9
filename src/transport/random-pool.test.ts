import { expect, test } from 'vitest';
import { randomPool } from './random-pool.ts';

test('no byte is given out twice', () => {
  let fills = 0;
  const take = randomPool((pool) => {
    // Another number at each place, so that a place that comes again shows.
    for (let i = 0; i < pool.length / 4; i++) pool.writeUInt32BE(fills * 10_000 + i, i * 4);
    fills++;
  });
  const seen = new Set<number>();
  for (let i = 0; i < 3000; i++) seen.add(take(4).readUInt32BE());
  expect(seen.size).toBe(3000);
  expect(fills).toBe(3);
});

test('what does not fit any more is drawn anew as a whole', () => {
  const take = randomPool((pool) => pool.fill(7));
  take(4000);
  expect(take(200)).toEqual(Buffer.alloc(200, 7));
  expect(() => take(5000)).toThrow(RangeError);
});

test('by default it is random', () => {
  const take = randomPool();
  expect(take(16)).not.toEqual(take(16));
});
