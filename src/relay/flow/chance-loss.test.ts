import { describe, expect, test } from 'vitest';
import { ChanceLoss } from './chance-loss.ts';
import { type Course, PlayedPath, randomOf } from './played-path.fixture.ts';
import { LOOK_INTERVAL_MS } from './send-room.ts';

/** The look, from 1, at which it was told; undefined when none of `looks` did. */
function toldAt(
  looks: readonly (readonly Course[])[],
  intervalMs = LOOK_INTERVAL_MS,
  random?: () => number,
): number | undefined {
  const loss = new ChanceLoss();
  const played = (looks[0] ?? []).map(() => new PlayedPath(random));
  const at = looks.findIndex((courses, i) =>
    loss.look(
      courses.map((course, j) => (played[j] as PlayedPath).next(course)),
      10_000 + i * intervalMs,
    ),
  );
  return at < 0 ? undefined : at + 1;
}

const repeat = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

/** What cubic sends between two looks at such a loss: 1.2 / sqrt(p) segments in a round trip. */
const cubic = (lossRatio: number, rttMs: number): Course => ({
  segments: (1.2 / Math.sqrt(lossRatio)) * (LOOK_INTERVAL_MS / rttMs),
  lossRatio,
  rttMs: rttMs + 2,
  minRttMs: rttMs,
});

const CLEAN: Course = { segments: 1000, lossRatio: 0.0002, rttMs: 22, minRttMs: 20 };
const LOSSY = cubic(0.05, 20);
/** Slow start has overrun the queue, and repairs half of a window. */
const OVERRUN: Course = { ...CLEAN, segments: 300, lossRatio: 0.4 };
const TEN_MINUTES = 2400;
const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);

describe('loss by chance', () => {
  test.each([
    [0.05, 20, 20],
    [0.1, 20, 10],
    [0.05, 80, 70],
    [0.1, 150, 40],
    [0.15, 300, 60],
  ])('of %d at %d ms is told within %d looks at most times', (lossRatio, rttMs, looks) => {
    const told = SEEDS.filter(
      (seed) =>
        toldAt(repeat(looks, [cubic(lossRatio, rttMs)]), LOOK_INTERVAL_MS, randomOf(seed)) !== undefined,
    );
    expect(told.length).toBeGreaterThanOrEqual(SEEDS.length * 0.8);
  });

  test.each([
    [0.014, 20],
    [0.014, 80],
    [0.01, 40],
  ])('of %d at %d ms, as a short queue makes it, is none for minutes', (lossRatio, rttMs) => {
    const told = SEEDS.filter(
      (seed) =>
        toldAt(repeat(TEN_MINUTES, [cubic(lossRatio, rttMs)]), LOOK_INTERVAL_MS, randomOf(seed)) !==
        undefined,
    );
    expect(told.length).toBeLessThanOrEqual(1);
  });

  test('is told of also beside a path without', () => {
    expect(toldAt(repeat(40, [CLEAN, LOSSY]))).toBe(toldAt(repeat(40, [LOSSY])));
    expect(toldAt(repeat(40, [LOSSY]))).toBeDefined();
  });

  test('is none where packets are lost into a queue', () => {
    expect(toldAt(repeat(200, [{ ...LOSSY, rttMs: 80 }]))).toBeUndefined();
    const drained = [...repeat(2, [LOSSY]), [{ ...LOSSY, rttMs: 80 }]];
    expect(toldAt(repeat(50, drained).flat())).toBeUndefined();
  });

  test('is none at the end of slow start', () => {
    expect(toldAt([...repeat(2, [OVERRUN]), ...repeat(100, [CLEAN])])).toBeUndefined();
  });

  test('is none where what was sent again had come already', () => {
    expect(toldAt(repeat(200, [{ ...LOSSY, inVain: true }]))).toBeUndefined();
  });

  test('is not told of looks that come late: other things have happened between them', () => {
    expect(toldAt(repeat(100, [{ ...LOSSY, segments: 3000 }]), 30_000)).toBeUndefined();
  });

  test('begins anew when a subflow has gone with its counts', () => {
    const loss = new ChanceLoss();
    const [first, second] = [new PlayedPath(), new PlayedPath()];
    const burst = { ...LOSSY, segments: 100 };
    const look = (paths: PlayedPath[], i: number) =>
      loss.look(
        paths.map((one) => one.next(burst)),
        i * 250,
      );
    const all = [look([first, second], 0), look([first, second], 1), look([first, second], 2)];
    for (let i = 0; i < 9; i++) second.next(burst);
    // In the place of the first, with counts that are far higher.
    all.push(look([second], 3), look([second], 4));
    expect(all).toEqual(repeat(5, false));
    expect([5, 6, 7, 8].map((i) => look([second], i)).at(-1)).toBe(true);
  });

  test('begins anew when another subflow has come into the place of one that has gone', () => {
    const loss = new ChanceLoss();
    const old = new PlayedPath();
    const looks = [{ ...CLEAN, segments: 30_000 }, OVERRUN, OVERRUN];
    expect(looks.map((one, i) => loss.look([old.next(one)], i * 250))).toEqual(repeat(3, false));
    expect(loss.look([new PlayedPath().next({ ...CLEAN, segments: 10 })], 750)).toBe(false);
  });
});
