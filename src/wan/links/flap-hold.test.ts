import { expect, test } from 'vitest';
import { FlapHold } from './flap-hold.ts';

/** One link, which is lost `count` times, for a while each time; the time at which it comes up for the last time. */
function flap(hold: FlapHold, count: number, fromMs: number, halfMs = 300): number {
  let nowMs = fromMs;
  for (let i = 0; i < count; i++) {
    hold.observe([{ name: 'dsl', isUp: false }], nowMs);
    nowMs += halfMs;
    hold.observe([{ name: 'dsl', isUp: true }], nowMs);
    if (i < count - 1) nowMs += halfMs;
  }
  return nowMs;
}

function started(): FlapHold {
  const hold = new FlapHold();
  hold.observe([{ name: 'dsl', isUp: true }], 0);
  return hold;
}

test('what was up for long may come back at once, and once more', () => {
  const hold = started();
  const upMs = flap(hold, 2, 1000);
  expect([...hold.held(upMs)]).toEqual([]);
  expect(hold.nextReleaseMs(upMs)).toBeUndefined();
});

test('who flaps is held, longer each time, but never for more than 30 s', () => {
  const holds = [3, 4, 5, 8, 60].map((count) => {
    const hold = started();
    const upMs = flap(hold, count, 1000);
    return (hold.nextReleaseMs(upMs) ?? 0) - upMs;
  });
  expect(holds).toEqual([1000, 2000, 4000, 30_000, 30_000]);
});

test('the hold says why, and ends', () => {
  const hold = started();
  const upMs = flap(hold, 4, 1000);
  expect(hold.held(upMs + 1999).get('dsl')).toBe(
    'its link was lost 4 times within a minute: it has to stay up for 2 s first',
  );
  expect([...hold.held(upMs + 2000)]).toEqual([]);
});

test('a link that is down is not held: it has a reason of its own', () => {
  const hold = started();
  const upMs = flap(hold, 5, 1000);
  hold.observe([{ name: 'dsl', isUp: false }], upMs + 100);
  expect([...hold.held(upMs + 200)]).toEqual([]);
});

test('after a good minute all is forgotten', () => {
  const hold = started();
  const upMs = flap(hold, 20, 1000);
  const again = flap(hold, 1, upMs + 61_000);
  expect([...hold.held(again)]).toEqual([]);
});
