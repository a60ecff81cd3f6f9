import { describe, expect, test } from 'vitest';
import type { SendPath } from '../../linux/send-paths.ts';
import { LOOK_INTERVAL_MS, roomFor, SendRoom } from './send-room.ts';

const MB = 1e6;
const MOST = 64 * MB;
const path = (windowBytes: number, rttMs: number, farWindowBytes = 8 * MB): SendPath => ({
  windowBytes,
  rttMs,
  minRttMs: rttMs,
  farWindowBytes,
  ackedBytes: 0,
  segmentBytes: 1400,
  sentBytes: 0,
  againBytes: 0,
  inVainSegments: 0,
  unackedSegments: 0,
  unsentBytes: 0,
});
/** What a room says to the same paths look by look, while all of them together have `bytesPerMs` acknowledged. */
function looks(
  room: SendRoom,
  paths: SendPath[],
  count: number,
  mostBytes = MOST,
  bytesPerMs = 0,
): (number | undefined)[] {
  return Array.from({ length: count }, () => {
    nowMs += LOOK_INTERVAL_MS;
    const seen = paths.map((one, i) => (i === 0 ? { ...one, ackedBytes: nowMs * bytesPerMs } : one));
    return room.look(seen, mostBytes, nowMs);
  });
}
let nowMs = 1000;
const TWO = [path(0.5 * MB, 130), path(0.5 * MB, 130)];

describe('the room of a transfer', () => {
  test('is more than its paths can have under way, and less than twice as much and a bit', () => {
    const room = roomFor(TWO);
    expect(room).toBeGreaterThan(1.5 * MB);
    expect(room).toBeLessThan(2.2 * MB);
  });

  test('lets a quick path go on for the time of a slow one', () => {
    // 10 Mbit/s at 600 ms, 100 at 10.
    const room = roomFor([path(0.75 * MB, 600), path(0.125 * MB, 10)]);
    expect(room).toBeGreaterThan(((110e6 / 8) * 0.6 * 3) / 2);
  });

  test('is unknown without a measured path, and never next to nothing', () => {
    expect(looks(new SendRoom(), [], 5)).toEqual(Array(5).fill(undefined));
    expect(looks(new SendRoom(), [path(14_000, 0), path(14_000, 0)], 5)).toEqual(Array(5).fill(undefined));
    expect(roomFor([path(1400, 100)])).toBe(256 * 1024);
  });

  test('is not made larger by a path that is not measured yet', () => {
    const joining = { ...path(14_000, 0), minRttMs: (2 ** 32 - 1) / 1000 };
    const short = path(10 * MB, 1, 80 * MB);
    expect(looks(new SendRoom(), [short, joining], 5, MOST, 1000).at(0)).toBe(2 ** 20);
    expect(looks(new SendRoom(), [short, joining], 5, MOST, 1000).slice(1)).toEqual(Array(4).fill(undefined));
  });

  test('is set after a second, and again only when it is another', () => {
    const room = new SendRoom();
    expect(looks(room, TWO, 8)).toEqual([
      undefined,
      undefined,
      undefined,
      roomFor(TWO),
      ...Array(4).fill(undefined),
    ]);
    const more = TWO.map(({ windowBytes, rttMs }) => path(windowBytes * 1.1, rttMs));
    expect(looks(room, more, 1)).toEqual([roomFor(more)]);
    const less = TWO.map(({ windowBytes, rttMs }) => path(windowBytes * 0.5, rttMs));
    expect(looks(room, less, 1)).toEqual([undefined]);
    expect(looks(room, less, 8).filter((one) => one !== undefined)).toEqual([roomFor(less)]);
  });

  test('of a single path is left to the kernel, unless it has been set before', () => {
    const room = new SendRoom();
    expect(looks(room, TWO.slice(1), 9).filter((set) => set !== undefined)).toEqual([]);
    expect(looks(room, TWO, 1)).toEqual([roomFor(TWO)]);
    const grown = [path(3 * MB, 130)];
    expect(looks(room, grown, 1, MOST, 20_000)).toEqual([roomFor(grown)]);
  });

  test('of short paths is set at once, and stays small: their windows are past all bounds within a second', () => {
    const room = new SendRoom();
    expect(looks(room, [path(10 * MB, 1), path(10 * MB, 2)], 1)).toEqual([2 ** 20]);
  });

  test.each([
    ['what a socket may hold', { farMb: 100, mostMb: 16, mbPerMs: 0.2 }, 16],
    ['three quarters of what the far end has room for', { farMb: 20, mostMb: 64, mbPerMs: 0.2 }, 15],
    ['three round trips of what was acknowledged', { farMb: 100, mostMb: 64, mbPerMs: 0.1 }, 30],
    ['two MiB, when next to nothing was', { farMb: 100, mostMb: 64, mbPerMs: 0 }, 2.097152],
    [
      'a quarter MiB, when the far end has room for next to nothing',
      { farMb: 0.01, mostMb: 64, mbPerMs: 0.1 },
      0.262144,
    ],
  ])('is never more than %s', (_, { farMb, mostMb, mbPerMs }, roomMb) => {
    const paths = [path(50 * MB, 100, farMb * MB), path(50 * MB, 100, farMb * MB)];
    const set = looks(new SendRoom(), paths, 5, mostMb * MB, mbPerMs * MB);
    expect(set.findLast((one) => one !== undefined)).toBeCloseTo(roomMb * MB, -2);
  });

  test('grows with what a socket may hold', () => {
    const room = new SendRoom();
    const fat = [path(12 * MB, 300, 80 * MB), path(12 * MB, 300, 80 * MB)];
    const set = looks(room, fat, 5, 16 * MB, 0.08 * MB);
    expect(set).toEqual([undefined, undefined, undefined, 16 * MB, undefined]);
    expect(looks(room, fat, 1, MOST, 0.08 * MB)).toEqual([roomFor(fat)]);
  });

  test('goes on when a subflow has gone with its count', () => {
    const room = new SendRoom();
    looks(room, TWO, 4, MOST, 100);
    expect(room.look([path(12 * MB, 130)], MOST, nowMs + 250)).toBe(2 * 2 ** 20);
  });
});
