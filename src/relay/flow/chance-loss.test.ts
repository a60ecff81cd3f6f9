import { describe, expect, test } from 'vitest';
import type { SendPath } from '../../linux/send-paths.ts';
import { ChanceLoss } from './chance-loss.ts';
import { LOOK_INTERVAL_MS } from './send-room.ts';

/** A path as it goes on: what it sends between two looks, and how much of that is sent again. */
interface Course {
  readonly sent: number;
  readonly lossRatio: number;
  readonly rttMs?: number;
  readonly minRttMs?: number;
}

class PlayedPath {
  private sentBytes = 0;
  private againBytes = 0;

  next({ sent, lossRatio, rttMs = 22, minRttMs = 20 }: Course): SendPath {
    this.sentBytes += sent;
    this.againBytes += sent * lossRatio;
    const { sentBytes, againBytes } = this;
    const unused = {
      windowBytes: 1,
      farWindowBytes: 1,
      ackedBytes: 0,
      unackedSegments: 0,
      unsentBytes: 0,
    };
    return { ...unused, rttMs, minRttMs, sentBytes, againBytes };
  }
}

/** The look, from 1, at which it was told; undefined when none of `looks` did. */
function toldAt(looks: readonly (readonly Course[])[]): number | undefined {
  const loss = new ChanceLoss();
  const played = (looks[0] ?? []).map(() => new PlayedPath());
  const at = looks.findIndex((courses, i) =>
    loss.look(
      courses.map((course, j) => (played[j] as PlayedPath).next(course)),
      i * LOOK_INTERVAL_MS,
    ),
  );
  return at < 0 ? undefined : at + 1;
}

const repeat = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

const CLEAN: Course = { sent: 1_500_000, lossRatio: 0.0002 };
const LOSSY: Course = { sent: 75_000, lossRatio: 0.05 };
/** Slow start has overrun the queue, and repairs half of a window. */
const OVERRUN: Course = { sent: 500_000, lossRatio: 0.4 };

describe('loss by chance', () => {
  test('is told of after three spans of it, also beside a path without', () => {
    expect(toldAt(repeat(20, [LOSSY]))).toBe(4);
    expect(toldAt(repeat(20, [CLEAN, LOSSY]))).toBe(4);
  });

  test('takes four round trips a span on a long path', () => {
    const long = { ...LOSSY, rttMs: 310, minRttMs: 300 };
    // 1,200 ms are five looks.
    expect(toldAt(repeat(40, [long]))).toBe(16);
  });

  test('is none where packets are lost seldom', () => {
    expect(toldAt(repeat(200, [CLEAN, { sent: 75_000, lossRatio: 0.015 }]))).toBeUndefined();
  });

  test('is none where they are lost into a queue', () => {
    expect(toldAt(repeat(200, [{ ...LOSSY, rttMs: 80 }]))).toBeUndefined();
    const drained = [...repeat(2, [LOSSY]), [{ ...LOSSY, rttMs: 80 }]];
    expect(toldAt(repeat(50, drained).flat())).toBeUndefined();
  });

  test('is none at the end of slow start', () => {
    expect(toldAt([...repeat(2, [OVERRUN]), ...repeat(100, [CLEAN])])).toBeUndefined();
    const long = { rttMs: 305, minRttMs: 300 };
    // Six round trips of repair.
    const looks = [...repeat(7, [{ ...OVERRUN, ...long }]), ...repeat(100, [{ ...CLEAN, ...long }])];
    expect(toldAt(looks)).toBeUndefined();
  });

  test('has to go on: what was lost long ago does not count', () => {
    expect(toldAt(repeat(50, [...repeat(2, [LOSSY]), [CLEAN]]).flat())).toBeUndefined();
  });

  test('is none on a path that is gone: a timer sends a segment again now and then', () => {
    expect(toldAt(repeat(100, [CLEAN, { sent: 2800, lossRatio: 1 }]))).toBeUndefined();
  });

  test('begins anew when a subflow has gone with its counts', () => {
    const loss = new ChanceLoss();
    const [first, second] = [new PlayedPath(), new PlayedPath()];
    const told: boolean[] = [];
    for (let i = 0; i < 3; i++) {
      told.push(loss.look([first.next(CLEAN), second.next(LOSSY)], i * LOOK_INTERVAL_MS));
    }
    for (let i = 3; i < 7; i++) told.push(loss.look([second.next(LOSSY)], i * LOOK_INTERVAL_MS));
    expect(told).toEqual([...repeat(6, false), true]);
  });
});
