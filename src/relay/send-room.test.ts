import { describe, expect, test } from 'vitest';
import type { SendPath } from '../linux/send-paths.ts';
import { roomFor, SendRoom } from './send-room.ts';

const MB = 1e6;
const MOST = 64 * MB;
const path = (windowBytes: number, rttMs: number, farWindowBytes = 8 * MB): SendPath => ({
  windowBytes,
  rttMs,
  farWindowBytes,
});
const TWO = [path(0.5 * MB, 130), path(0.5 * MB, 130)];

describe('the room of a transfer', () => {
  test('is more than its paths can have under way, and less than twice as much and a bit', () => {
    const room = roomFor(TWO) ?? 0;
    expect(room).toBeGreaterThan(1.5 * MB);
    expect(room).toBeLessThan(2.2 * MB);
  });

  test('lets a quick path go on for the time of a slow one', () => {
    // 10 Mbit/s at 600 ms, 100 at 10.
    const room = roomFor([path(0.75 * MB, 600), path(0.125 * MB, 10)]) ?? 0;
    expect(room).toBeGreaterThan(((110e6 / 8) * 0.6 * 3) / 2);
  });

  test('is unknown without a measured path, and never next to nothing', () => {
    expect(roomFor([])).toBeUndefined();
    expect(roomFor([path(14_000, 0)])).toBeUndefined();
    expect(roomFor([path(1400, 100)])).toBe(256 * 1024);
  });

  test('is set after a second, and again only when it is another', () => {
    const room = new SendRoom();
    const set = Array.from({ length: 8 }, () => room.look(TWO, MOST));
    expect(set).toEqual([undefined, undefined, undefined, roomFor(TWO), ...Array(4).fill(undefined)]);
    const more = TWO.map(({ windowBytes, rttMs }) => path(windowBytes * 1.1, rttMs));
    expect(room.look(more, MOST)).toBe(roomFor(more));
    const less = TWO.map(({ windowBytes, rttMs }) => path(windowBytes * 0.5, rttMs));
    expect(room.look(less, MOST)).toBeUndefined();
    const later = Array.from({ length: 8 }, () => room.look(less, MOST));
    expect(later.filter((one) => one !== undefined)).toEqual([roomFor(less)]);
  });

  test('of a single path is left to the kernel, unless it has been set before', () => {
    const room = new SendRoom();
    const one = TWO.slice(1);
    expect(Array.from({ length: 9 }, () => room.look(one, MOST)).filter((set) => set !== undefined)).toEqual(
      [],
    );
    expect(room.look(TWO, MOST)).toBe(roomFor(TWO));
    const grown = [path(3 * MB, 130)];
    expect(room.look(grown, MOST)).toBe(roomFor(grown));
  });

  test('is never more than a socket may hold, or than the far end takes and some megabytes', () => {
    const set = (farWindowBytes: number, mostBytes: number): number | undefined => {
      const room = new SendRoom();
      const paths = [path(5 * MB, 0.5, farWindowBytes), path(5 * MB, 0.5, farWindowBytes)];
      return Array.from({ length: 4 }, () => room.look(paths, mostBytes)).at(-1);
    };
    expect(set(100 * MB, 16 * MB)).toBe(16 * MB);
    expect(set(100 * MB, MOST)).toBe(MOST);
    expect(set(20 * MB, MOST)).toBe(35 * MB);
    expect(set(0, MOST)).toBe(16 * 2 ** 20);
  });

  test('grows with what a socket may hold', () => {
    const room = new SendRoom();
    const fat = [path(12 * MB, 300, 30 * MB), path(12 * MB, 300, 30 * MB)];
    const set = Array.from({ length: 5 }, () => room.look(fat, 16 * MB));
    expect(set).toEqual([undefined, undefined, undefined, 16 * MB, undefined]);
    expect(room.look(fat, MOST)).toBe(roomFor(fat));
  });
});
