// The room of a transfer by what comes over paths of different length, and how it follows that.
import { describe, expect, test } from 'vitest';
import type { SendPath } from '../../linux/send-paths.ts';
import { PlayedPath } from './played-path.fixture.ts';
import { ReceiveRoom, roomFor } from './receive-room.ts';

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

describe('the room of a socket', () => {
  const FD = 7;
  const BUFFER_MAX = 64 * MIB;
  // 120 Mbit/s.
  const SECOND_BYTES = 15_000_000;
  const LONG = [10, 60];

  /** A transfer that begins at 0 ms, and the rooms that the kernel was told of. */
  function transfer({ mptcp = true, bufferMaxBytes = BUFFER_MAX, minRttsMs = LONG } = {}) {
    const rooms: number[] = [];
    let asked = 0;
    const kernel = {
      sendPaths: (fd: number): SendPath[] => {
        expect(fd).toBe(FD);
        asked++;
        return minRttsMs.map((minRttMs) =>
          new PlayedPath().next({ segments: 1, lossRatio: 0, rttMs: minRttMs + 30, minRttMs }),
        );
      },
      raiseReceiveRoom: (fd: number, bytes: number) => {
        expect(fd).toBe(FD);
        rooms.push(bytes);
      },
    };
    const source = { fd: FD, mptcp };
    const room = new ReceiveRoom(source, bufferMaxBytes, 0, 0, kernel);
    const follow = (nowMs: number, comeBytes: number): boolean => room.follow(source, comeBytes, nowMs);
    return { follow, rooms, asked: () => asked };
  }

  const wantedAt = (bytesPerMs: number): number =>
    roomFor(
      LONG.map((ms) => path(ms)),
      bytesPerMs,
    );

  test.each([
    ['a mebibyte', BUFFER_MAX, MIB],
    ['less where sockets may hold little', 8 * MIB, MIB / 2],
  ])('is %s at first', (_, bufferMaxBytes, bytes) => {
    expect(transfer({ bufferMaxBytes }).rooms).toEqual([bytes]);
  });

  test('grows to what the rate asks for, and tells so', () => {
    const { follow, rooms } = transfer();
    expect(follow(1000, SECOND_BYTES)).toBe(true);
    expect(rooms).toEqual([MIB, wantedAt(15_000)]);
  });

  test('half a second is needed for a rate, and what came in it counts from its beginning', () => {
    const { follow, rooms, asked } = transfer();
    expect(follow(499, SECOND_BYTES / 2)).toBe(false);
    expect(asked()).toBe(0);
    expect(follow(500, SECOND_BYTES / 2)).toBe(true);
    expect(rooms.at(-1)).toBe(wantedAt(15_000));
  });

  test('follows the rate since the look before, not the mean', () => {
    const { follow, rooms } = transfer();
    expect(follow(9000, 1000)).toBe(false);
    expect(follow(10_000, 1000 + SECOND_BYTES)).toBe(true);
    expect(rooms.at(-1)).toBe(wantedAt(15_000));
  });

  test('stays when the rate is little more, or less', () => {
    const { follow, rooms } = transfer();
    follow(1000, SECOND_BYTES);
    expect(follow(2000, SECOND_BYTES * 2.2)).toBe(false);
    expect(follow(3000, SECOND_BYTES * 2.7)).toBe(false);
    expect(rooms).toHaveLength(2);
    expect(follow(4000, SECOND_BYTES * 4)).toBe(true);
    expect(rooms.at(-1)).toBe(wantedAt(15_000 * 1.3));
  });

  test.each([
    ['16 MiB', 256 * MIB, 16 * MIB],
    ['a quarter of what a socket may hold', 32 * MIB, 8 * MIB],
  ])('is %s at most', (_, bufferMaxBytes, bytes) => {
    const { follow, rooms } = transfer({ bufferMaxBytes });
    expect(follow(1000, SECOND_BYTES * 20)).toBe(true);
    expect(rooms.at(-1)).toBe(bytes);
    expect(follow(2000, SECOND_BYTES * 60)).toBe(false);
  });

  test('no path is looked at for a rate that the first room bears on any', () => {
    const { follow, asked } = transfer();
    expect(follow(1000, 900_000)).toBe(false);
    expect(asked()).toBe(0);
  });

  test('is left to the kernel on a single path, however fast', () => {
    const { follow, rooms } = transfer({ minRttsMs: [60] });
    expect(follow(1000, SECOND_BYTES * 20)).toBe(false);
    expect(rooms).toHaveLength(1);
  });

  test('a plain TCP connection is left alone', () => {
    const { follow, rooms, asked } = transfer({ mptcp: false });
    expect(follow(1000, SECOND_BYTES)).toBe(false);
    expect(rooms).toEqual([]);
    expect(asked()).toBe(0);
  });
});
