import { describe, expect, test } from 'vitest';
import { CongestionTrial } from './congestion-trial.ts';
import { type Course, PlayedPath } from './played-path.fixture.ts';
import { LOOK_INTERVAL_MS } from './send-room.ts';

const LOSSY: Course = { segments: 70, lossRatio: 0.05, rttMs: 22, minRttMs: 20 };
const CLEAN: Course = { segments: 300, lossRatio: 0, rttMs: 12, minRttMs: 10 };
const AFTER: Course = { ...LOSSY, segments: 500 };
const LONG: Course = { ...CLEAN, segments: 100, rttMs: 705, minRttMs: 700 };

/** A transfer over paths that go on as told. */
function play() {
  const trial = new CongestionTrial();
  const paths: PlayedPath[] = [];
  let nowMs = 5000;
  const look = (courses: readonly Course[], { mayBegin = true, afterMs = LOOK_INTERVAL_MS } = {}) => {
    nowMs += afterMs;
    return trial.look(
      courses.map((course, i) => (paths[i] ??= new PlayedPath()).next(course)),
      nowMs,
      mayBegin,
    );
  };
  const looks = (count: number, courses: readonly Course[], options?: Parameters<typeof look>[1]) =>
    Array.from({ length: count }, () => look(courses, options)).filter((one) => one !== undefined);
  return { trial, look, looks };
}

describe('the trial of a congestion control', () => {
  test('begins with loss by chance, and is kept when more arrives', () => {
    const { trial, looks } = play();
    expect(looks(9, [CLEAN, LOSSY])).toEqual(['begin']);
    expect(trial.isOver).toBe(false);
    expect(looks(40, [CLEAN, AFTER])).toEqual([]);
    expect(trial.isOver).toBe(true);
  });

  test('is undone when as much arrives as before, once', () => {
    const { trial, looks } = play();
    expect(looks(200, [CLEAN, LOSSY])).toEqual(['begin', 'undo']);
    expect(trial.isOver).toBe(true);
  });

  test('waits for others that fill the paths as well', () => {
    const { looks } = play();
    expect(looks(50, [CLEAN, LOSSY], { mayBegin: false })).toEqual([]);
    expect(looks(1, [CLEAN, LOSSY])).toEqual(['begin']);
  });

  test('waits while a path of long round trip carries', () => {
    const { looks } = play();
    expect(looks(50, [CLEAN, LOSSY, LONG])).toEqual([]);
    expect(looks(1, [CLEAN, LOSSY, { ...LONG, segments: 0 }])).toEqual(['begin']);
  });

  test('is undone when the transfer has paused, and nobody can tell', () => {
    const { trial, look, looks } = play();
    expect(looks(9, [CLEAN, LOSSY])).toEqual(['begin']);
    expect(look([CLEAN, LOSSY], { afterMs: 3000 })).toBe('undo');
    expect(trial.isOver).toBe(true);
  });
});
