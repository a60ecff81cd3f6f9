import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteStream, streamSha256 } from './byte-stream.ts';

test('the bytes do not depend on how they are cut', () => {
  fc.assert(
    fc.property(
      fc.nat(1000),
      fc.integer({ min: 0, max: 3_000_000 }),
      fc.integer({ min: 10_000, max: 2_000_000 }),
      (seed, bytes, cut) => {
        const hash = createHash('sha256');
        const stream = new ByteStream(seed, bytes);
        let total = 0;
        for (let chunk = stream.next(cut); chunk; chunk = stream.next(cut)) {
          expect(chunk.length).toBeGreaterThan(0);
          hash.update(chunk);
          total += chunk.length;
        }
        expect(total).toBe(bytes);
        expect(hash.digest('hex')).toBe(streamSha256(seed, bytes));
      },
    ),
    { numRuns: 20 },
  );
});

test('another seed and another block give other bytes', () => {
  expect(streamSha256(1, 1000)).not.toBe(streamSha256(2, 1000));
  const stream = new ByteStream(1, 2 ** 21);
  const first = stream.next(2 ** 20);
  expect(first?.equals(stream.next(2 ** 20) as Buffer)).toBe(false);
});
