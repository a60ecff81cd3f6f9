import { describe, expect, test } from 'vitest';
import { LossWindow } from './loss-window.ts';

/** `.` is a probe that was answered, `x` one that was lost. */
function windowOf(probes: string): LossWindow {
  const window = new LossWindow();
  for (const lost of probes.slice(0, probes.lastIndexOf('.')).split('.')) window.add(lost.length);
  return window;
}

/** Each probe by itself, the same in every run. */
function randomLoss(ratio: number, count: number): string {
  let state = 1;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 < ratio ? 'x' : '.';
  }).join('');
}

const GOOD = '.'.repeat(60);

describe('the loss of a path', () => {
  test('is unknown without an answer, and none without a loss', () => {
    expect(new LossWindow().ratio).toBeUndefined();
    expect(windowOf(GOOD)).toMatchObject({ ratio: 0, count: 60 });
  });

  test.each([0.02, 0.05, 0.1, 0.36, 0.5])('of %d is found where chance makes it', (ratio) => {
    const { ratio: found, count } = windowOf(randomLoss(ratio, 20_000).slice(0, 600));
    expect(count).toBeGreaterThan(200);
    expect(found).toBeGreaterThan(ratio * 0.5);
    expect(found).toBeLessThan(ratio * 1.5);
  });

  test('is not what outages take', () => {
    expect(windowOf(`${GOOD}${'x'.repeat(5)}${GOOD}${'x'.repeat(80)}${GOOD}`).ratio).toBe(0);
  });

  test('of a short outage is one', () => {
    const { ratio = 1, count } = windowOf(`${GOOD}xxxx${GOOD}`);
    expect(ratio * count).toBeCloseTo(1);
  });

  test('is forgotten', () => {
    expect(windowOf(`x.x.x.x.x.${GOOD}${GOOD}${GOOD}${GOOD}${GOOD}`).ratio).toBe(0);
  });
});
