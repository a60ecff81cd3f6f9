import { describe, expect, test } from 'vitest';
import type { SendPath } from '../linux/send-paths.ts';
import { roomFor, SendRoom } from './send-room.ts';

const MB = 1e6;
const path = (windowBytes: number, rttMs: number): SendPath => ({ windowBytes, rttMs });
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
    const room = new SendRoom(16 * MB);
    const set = Array.from({ length: 8 }, () => room.look(TWO));
    expect(set).toEqual([undefined, undefined, undefined, roomFor(TWO), ...Array(4).fill(undefined)]);
    const more = TWO.map(({ windowBytes, rttMs }) => path(windowBytes * 1.1, rttMs));
    expect(room.look(more)).toBe(roomFor(more));
    const less = TWO.map(({ windowBytes, rttMs }) => path(windowBytes * 0.5, rttMs));
    expect(room.look(less)).toBeUndefined();
    const later = Array.from({ length: 8 }, () => room.look(less));
    expect(later.filter((one) => one !== undefined)).toEqual([roomFor(less)]);
  });

  test('of a single path is left to the kernel, unless it has been set before', () => {
    const room = new SendRoom(16 * MB);
    const one = TWO.slice(1);
    expect(Array.from({ length: 9 }, () => room.look(one)).filter((set) => set !== undefined)).toEqual([]);
    expect(room.look(TWO)).toBe(roomFor(TWO));
    const grown = [path(3 * MB, 130)];
    expect(room.look(grown)).toBe(roomFor(grown));
  });

  test('is never more than a socket may hold', () => {
    const room = new SendRoom(16 * MB);
    const set = Array.from({ length: 4 }, () => room.look([path(5 * MB, 0.5), path(5 * MB, 0.5)]));
    expect(set.at(-1)).toBe(16 * MB);
  });
});
