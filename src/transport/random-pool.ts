// Random bytes for nonces, drawn from the kernel many at a time: a few of them take as long as a thousand.
import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 4096;

/** Each byte is given out once, and kept no longer. */
export function randomPool(fill: (pool: Buffer) => void = randomFillSync): (bytes: number) => Buffer {
  const pool = Buffer.alloc(POOL_BYTES);
  let used = POOL_BYTES;
  return (bytes) => {
    if (bytes > POOL_BYTES)
      throw new RangeError(`${bytes} random bytes are more than the ${POOL_BYTES} of a pool`);
    if (used + bytes > POOL_BYTES) {
      fill(pool);
      used = 0;
    }
    const given = Buffer.from(pool.subarray(used, used + bytes));
    pool.fill(0, used, used + bytes);
    used += bytes;
    return given;
  };
}
