// The link arithmetic under a fake clock: rate, delay, jitter, loss, queue, and changes while packets are on their way.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DirectionSettings, LinkDirection, LOST, OVERFLOWED, queueLimitBytes } from './link.ts';

const PACKET = 1500;

/** Park-Miller: 0 to 1, the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

function link(settings: Partial<DirectionSettings>, seed = 1): LinkDirection {
  const all = { rateBps: 12e6, delayMs: 0, jitterMs: 0, lossRatio: 0, ...settings };
  return new LinkDirection(all, seeded(seed));
}

/** Takes out all that has departed by `nowMs`. */
function drain(direction: LinkDirection, nowMs: number): number[] {
  const slots: number[] = [];
  for (; direction.nextDepartureMs <= nowMs; direction.shift()) slots.push(direction.nextSlot);
  return slots;
}

describe('LinkDirection', () => {
  it('sends at the rate, exactly, over minutes of saturation', () => {
    const direction = link({ rateBps: 17e6, queueMs: 50 });
    let sentBytes = 0;
    let sentUntilMs = 0;
    for (let nowMs = 0; nowMs < 120_000; nowMs += 0.5) {
      for (; direction.nextDepartureMs <= nowMs; direction.shift()) {
        sentBytes += direction.nextLength;
        sentUntilMs = direction.nextDepartureMs;
      }
      // Twice what the line takes.
      direction.enqueue(nowMs, PACKET, 0);
      direction.enqueue(nowMs, 600, 0);
    }
    expect((sentBytes * 8000) / sentUntilMs / 17e6).toBeCloseTo(1, 9);
  });

  it('never exceeds the rate in any window, whatever comes', () => {
    const arrivals = fc.array(
      fc.record({
        gapMs: fc.double({ min: 0, max: 5, noNaN: true }),
        length: fc.integer({ min: 20, max: PACKET }),
      }),
      { minLength: 2, maxLength: 200 },
    );
    fc.assert(
      fc.property(arrivals, (packets) => {
        const direction = link({ delayMs: 7 });
        let nowMs = 0;
        let previousMs = 0;
        for (const { gapMs, length } of packets) {
          nowMs += gapMs;
          const departureMs = direction.enqueue(nowMs, length, 0);
          if (departureMs === OVERFLOWED) continue;
          expect(departureMs - previousMs).toBeGreaterThanOrEqual((length * 8000) / 12e6 - 1e-9);
          expect(departureMs).toBeGreaterThanOrEqual(nowMs + 7);
          previousMs = departureMs;
        }
      }),
    );
  });

  it('adds the delay once, after the time on the line', () => {
    const direction = link({ delayMs: 25 });
    expect(direction.enqueue(100, PACKET, 7)).toBe(126);
    expect(direction.enqueue(100, PACKET, 8)).toBe(127);
    expect(direction.nextDepartureMs).toBe(126);
    expect(direction.nextLength).toBe(PACKET);
    expect(drain(direction, 126.5)).toEqual([7]);
    expect(drain(direction, 127)).toEqual([8]);
    expect(direction.nextDepartureMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('keeps the order under jitter, within its bounds, with the delay as the mean', () => {
    const direction = link({ rateBps: 100e6, delayMs: 30, jitterMs: 10 });
    let previousMs = 0;
    let sumMs = 0;
    let leastMs = Number.POSITIVE_INFINITY;
    let mostMs = 0;
    const count = 200_000;
    for (let i = 0; i < count; i++) {
      const nowMs = i * 0.25;
      const departureMs = direction.enqueue(nowMs, PACKET, i);
      const delayMs = departureMs - nowMs - 0.12;
      expect(departureMs >= previousMs).toBe(true);
      previousMs = departureMs;
      sumMs += delayMs;
      leastMs = Math.min(leastMs, delayMs);
      mostMs = Math.max(mostMs, delayMs);
      drain(direction, nowMs);
    }
    expect(sumMs / count).toBeGreaterThan(29);
    expect(sumMs / count).toBeLessThan(31);
    expect(leastMs).toBeGreaterThanOrEqual(20 - 1e-6);
    expect(leastMs).toBeLessThan(22);
    expect(mostMs).toBeLessThanOrEqual(40 + 1e-6);
    expect(mostMs).toBeGreaterThan(38);
  });

  it('gives packets far apart jitter that has nothing to do with each other', () => {
    const direction = link({ delayMs: 30, jitterMs: 10 }, 3);
    const delaysMs = Array.from({ length: 500 }, (_, i) => {
      const delayMs = direction.enqueue(i * 1000, PACKET, 0) - i * 1000 - 1;
      drain(direction, i * 1000 + 999);
      return delayMs;
    });
    expect(Math.min(...delaysMs)).toBeLessThan(21);
    expect(Math.max(...delaysMs)).toBeGreaterThan(39);
  });

  it.each([0.001, 0.1, 0.5])('loses the share %d', (lossRatio) => {
    const direction = link({ lossRatio }, 42);
    const count = 200_000;
    let lost = 0;
    for (let i = 0; i < count; i++) {
      if (direction.enqueue(i, PACKET, 0) === LOST) lost++;
      drain(direction, i);
    }
    const deviation = Math.sqrt((lossRatio * (1 - lossRatio)) / count);
    expect(Math.abs(lost / count - lossRatio)).toBeLessThan(4 * deviation);
  });

  it('loses all at loss 1 and none at loss 0', () => {
    const black = link({ lossRatio: 1 });
    const clean = link({ lossRatio: 0 });
    for (let i = 0; i < 100; i++) {
      expect(black.enqueue(i * 2, PACKET, 0)).toBe(LOST);
      expect(clean.enqueue(i * 2, PACKET, 0)).toBeGreaterThan(0);
    }
  });

  it('drops the tail at the limit in bytes and takes packets again when there is room', () => {
    const direction = link({ queueBytes: 4 * PACKET });
    const results = Array.from({ length: 6 }, (_, slot) => direction.enqueue(0, PACKET, slot));
    expect(results).toEqual([1, 2, 3, 4, OVERFLOWED, OVERFLOWED]);
    expect(direction.enqueue(0.5, PACKET, 6)).toBe(OVERFLOWED);
    expect(direction.enqueue(1, PACKET, 7)).toBe(5);
  });

  it('takes a packet on an idle line however small the queue', () => {
    const direction = link({ queueBytes: 1 });
    expect(direction.enqueue(0, PACKET, 0)).toBe(1);
    expect(direction.enqueue(0.5, PACKET, 0)).toBe(OVERFLOWED);
    expect(direction.enqueue(1, PACKET, 0)).toBe(2);
  });

  it('counts only what waits for the line as queue, not what is in the air', () => {
    const direction = link({ delayMs: 1000, queueMs: 5 });
    for (let i = 0; i < 1000; i++) expect(direction.enqueue(i, PACKET, i)).toBe(i + 1001);
    expect(direction.count).toBe(1000);
  });

  it('has a queue of 100 ms and at least 64 KiB by default', () => {
    const settings = { delayMs: 0, jitterMs: 0, lossRatio: 0 };
    expect(queueLimitBytes({ ...settings, rateBps: 50e6 })).toBe(625_000);
    expect(queueLimitBytes({ ...settings, rateBps: 1e6 })).toBe(65_536);
    expect(queueLimitBytes({ ...settings, rateBps: 8e6, queueMs: 20 })).toBe(20_000);
    expect(queueLimitBytes({ ...settings, rateBps: 8e6, queueMs: 20, queueBytes: 7 })).toBe(7);
  });
});

describe('LinkDirection.change', () => {
  it('sends what waits at the new rate and leaves alone what is in the air', () => {
    const direction = link({ delayMs: 10 });
    for (let slot = 0; slot < 4; slot++) direction.enqueue(0, PACKET, slot);
    // At 2 ms two packets are in the air and two wait; the line becomes ten times slower.
    direction.change({ ...direction.settings, rateBps: 1.2e6 }, 2);
    const departuresMs: number[] = [];
    for (; direction.count > 0; direction.shift()) departuresMs.push(direction.nextDepartureMs);
    expect(departuresMs).toEqual([11, 12, 22, 32]);
    expect(direction.enqueue(2, PACKET, 9)).toBe(42);
  });

  it('lets nothing overtake when the delay shrinks, and does not hold back later packets for long', () => {
    const direction = link({ delayMs: 100 });
    direction.enqueue(0, PACKET, 0);
    direction.change({ ...direction.settings, delayMs: 5 }, 1);
    expect(direction.enqueue(1, PACKET, 1)).toBe(101);
    expect(drain(direction, 101)).toEqual([0, 1]);
    expect(direction.enqueue(200, PACKET, 2)).toBe(206);
  });

  it('keeps every packet and its slot when the ring grows', () => {
    const direction = link({ queueMs: 100 });
    for (let slot = 0; slot < 60; slot++) direction.enqueue(0, PACKET, slot);
    expect(drain(direction, 30)).toHaveLength(30);
    direction.change({ ...direction.settings, rateBps: 1e9, delayMs: 200 }, 30);
    for (let slot = 60; slot < 5000; slot++)
      expect(direction.enqueue(31 + slot / 50, PACKET, slot)).toBeGreaterThan(0);
    expect(drain(direction, 1e6)).toEqual(Array.from({ length: 4970 }, (_, i) => i + 30));
  });

  it('is idle after reset', () => {
    const direction = link({});
    for (let slot = 0; slot < 20; slot++) direction.enqueue(0, PACKET, slot);
    drain(direction, 1e6);
    direction.reset(5);
    expect(direction.enqueue(5, PACKET, 0)).toBe(6);
  });
});
