import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BufferedWan, bufferLimit, memoryLimit } from './buffer-limit.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const MBIT = 1e6;

function wan(downMbit: number | undefined, rttMs: number | undefined, upMbit = downMbit): BufferedWan {
  const bps = (mbit: number | undefined): number | undefined => mbit && mbit * MBIT;
  return { downBps: bps(downMbit), upBps: bps(upMbit), rttMs };
}

describe('what a socket may buffer', () => {
  test.each<[string, BufferedWan[], number]>([
    ['nothing is known', [wan(undefined, undefined)], 16],
    ['two usual WANs', [wan(100, 20), wan(20, 60)], 16],
    // 15 MB under way.
    ['long and fat', [wan(200, 300), wan(200, 300)], 64],
    ['the longest counts for all', [wan(390, 10), wan(10, 300)], 64],
    ['the busier direction counts', [wan(20, 300, 380), wan(20, 300, 20)], 64],
    // 25 MB under way, if the server is 100 ms away.
    ['rates without a measured round trip', [wan(1000, undefined), wan(1000, undefined)], 128],
    ['one that is not measured yet', [wan(200, 300), wan(200, undefined)], 64],
    ['a round trip of half a minute is none', [wan(8, 30_000)], 16],
    ['more than is ever asked for', [wan(10_000, 300)], 256],
  ])('%s', (_, wans, mib) => {
    expect(bufferLimit(wans, 64 * GIB).bytes).toBe(mib * MIB);
  });

  test('is no more than a share of the memory, and says so', () => {
    const fat = [wan(10_000, 300)];
    expect(bufferLimit(fat, GIB)).toEqual({
      bytes: 64 * MIB,
      reason: 'a 16th of the memory; 10000mbit of all WANs at a round trip of 300ms would have 2GiB',
    });
    // The kernel holds all sockets together back there; what is asked for does not become less than it was.
    expect(bufferLimit(fat, 128 * MIB).bytes).toBe(16 * MIB);
  });

  const anyWan = fc.record({
    downBps: fc.option(fc.integer({ min: 0, max: 1e11 }), { nil: undefined }),
    upBps: fc.option(fc.integer({ min: 0, max: 1e11 }), { nil: undefined }),
    rttMs: fc.option(fc.double({ min: 0, max: 1e5, noNaN: true }), { nil: undefined }),
  });
  const anyMemory = fc.integer({ min: 32 * MIB, max: 2 ** 42 });

  test('property: is a power of two or the most, and within the bounds', () => {
    fc.assert(
      fc.property(fc.array(anyWan, { maxLength: 8 }), anyMemory, (wans, memoryBytes) => {
        const { bytes, reason } = bufferLimit(wans, memoryBytes);
        const most = memoryLimit(memoryBytes).bytes;
        expect(bytes).toBeGreaterThanOrEqual(16 * MIB);
        expect(bytes).toBeLessThanOrEqual(Math.max(16 * MIB, Math.min(256 * MIB, memoryBytes / 16)));
        expect(bytes === most || Number.isInteger(Math.log2(bytes))).toBe(true);
        expect(reason).not.toBe('');
      }),
    );
  });

  test('property: holds four times what is under way on the longest path, where it may', () => {
    fc.assert(
      fc.property(fc.array(anyWan, { minLength: 1, maxLength: 8 }), anyMemory, (wans, memoryBytes) => {
        const { bytes } = bufferLimit(wans, memoryBytes);
        if (bytes === memoryLimit(memoryBytes).bytes) return;
        const downBps = wans.reduce((sum, one) => sum + (one.downBps ?? 0), 0);
        const longestMs = Math.min(2000, Math.max(...wans.map((one) => one.rttMs ?? 0)));
        expect(bytes).toBeGreaterThanOrEqual(((downBps * longestMs) / 8000) * 4);
      }),
    );
  });

  test('property: another WAN never makes it less', () => {
    const measured = anyWan.map((one) => ({ ...one, rttMs: one.rttMs ?? 50 }));
    fc.assert(
      fc.property(
        fc.array(measured, { minLength: 1, maxLength: 7 }),
        measured,
        anyMemory,
        (wans, more, memoryBytes) => {
          const before = bufferLimit(wans, memoryBytes).bytes;
          expect(bufferLimit([...wans, more], memoryBytes).bytes).toBeGreaterThanOrEqual(before);
        },
      ),
    );
  });
});
