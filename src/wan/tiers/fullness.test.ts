import { describe, expect, test } from 'vitest';
import { Fullness, type LinkRates } from './fullness.ts';

const UNKNOWN: LinkRates = { down: undefined, up: undefined };
const TICK_MS = 250;

/** A link that is looked at four times a second. */
class Watched {
  readonly fullness: Fullness;
  nowMs = 0;
  rx = 0;
  tx = 0;

  constructor(rates: LinkRates) {
    this.fullness = new Fullness(rates);
  }

  /** Megabits per second each way for so long; returns after how many ms it was full first. */
  run(ms: number, traffic: { down?: number; up?: number; rtt?: number | undefined }): number | undefined {
    let firstMs: number | undefined;
    for (let passed = TICK_MS; passed <= ms; passed += TICK_MS) {
      this.nowMs += TICK_MS;
      this.rx += ((traffic.down ?? 0) * 1e6 * TICK_MS) / 8000;
      this.tx += ((traffic.up ?? 0) * 1e6 * TICK_MS) / 8000;
      this.fullness.onSample({
        nowMs: this.nowMs,
        rxBytes: this.rx,
        txBytes: this.tx,
        rttMs: 'rtt' in traffic ? traffic.rtt : 20,
      });
      const { down, up } = this.fullness.load();
      if (down.isFull || up.isFull) firstMs ??= passed;
    }
    return firstMs;
  }
}

describe('a link of known rate', () => {
  test('is full within about a second of use near its rate, and no longer when the use falls', () => {
    const link = new Watched({ down: 20e6, up: 5e6 });
    expect(link.run(5000, { down: 5, up: 0.2 })).toBeUndefined();
    expect(link.run(5000, { down: 19, up: 0.5 })).toBeLessThanOrEqual(1250);
    link.run(1500, { down: 5, up: 0.2 });
    expect(link.fullness.load()).toMatchObject({
      down: { rateBps: 5e6, capacity: { bps: 20e6, isLearned: false }, isFull: false },
      up: { isFull: false },
    });
    expect(link.run(2000, { up: 4.9 })).toBeDefined();
    expect(link.fullness.load().up.isFull).toBe(true);
  });

  test('is not full by the burst of a page', () => {
    const link = new Watched({ down: 20e6, up: undefined });
    link.run(3000, { down: 1 });
    for (let page = 0; page < 5; page++) {
      expect(link.run(500, { down: 20 })).toBeUndefined();
      expect(link.run(1000, { down: 0.1 })).toBeUndefined();
    }
  });

  test('is full below its rate too when a queue stands, as on radio that has become slower', () => {
    const link = new Watched({ down: 20e6, up: undefined });
    link.run(3000, { down: 1 });
    expect(link.run(3000, { down: 9, rtt: 80 })).toBeLessThanOrEqual(1500);
    expect(link.run(3000, { down: 3, rtt: 80 })).toBeUndefined();
  });
});

describe('a link of unknown rate', () => {
  test('shows its rate by the first queue, and is then known by use alone', () => {
    const link = new Watched(UNKNOWN);
    link.run(3000, { down: 0.05 });
    expect(link.run(10_000, { down: 5 })).toBeUndefined();
    expect(link.run(3000, { down: 20, up: 0.4, rtt: 60 })).toBeLessThanOrEqual(1500);
    const { down, up } = link.fullness.load();
    expect(down.capacity?.isLearned).toBe(true);
    expect(down.capacity?.bps).toBeCloseTo(20e6, -5);
    // The acknowledgements of a download say nothing about the way up.
    expect(up).toMatchObject({ capacity: undefined, isFull: false });
    link.run(3000, { down: 0.05 });
    expect(link.run(3000, { down: 5 })).toBeUndefined();
    expect(link.run(3000, { down: 19 })).toBeLessThanOrEqual(1250);
  });

  test('that becomes faster is believed at once, slower within seconds of queueing', () => {
    const link = new Watched(UNKNOWN);
    link.run(2000, { down: 0.05 });
    link.run(4000, { down: 20, rtt: 60 });
    link.run(2000, { down: 30 });
    expect(link.fullness.load().down.capacity?.bps).toBeCloseTo(30e6, -5);
    link.run(2000, { down: 12, rtt: 60 });
    link.run(8000, { down: 12, rtt: 60 });
    expect(link.fullness.load().down.capacity?.bps).toBeLessThan(14e6);
  });

  test('is never full while its round trip is not known', () => {
    const link = new Watched(UNKNOWN);
    expect(link.run(10_000, { down: 50, rtt: undefined })).toBeUndefined();
  });

  test('a longer way is not taken for a queue once the link was idle on it', () => {
    const link = new Watched(UNKNOWN);
    link.run(3000, { down: 0.05 });
    link.run(40_000, { down: 0.05, rtt: 90 });
    expect(link.run(5000, { down: 5, rtt: 95 })).toBeUndefined();
  });
});

test('samples that come late change nothing but the pace', () => {
  const fullness = new Fullness({ down: 20e6, up: undefined });
  let rxBytes = 0;
  for (const nowMs of [0, 4000, 9000]) {
    fullness.onSample({ nowMs, rxBytes, txBytes: 0, rttMs: 20 });
    rxBytes += 5000 * 600;
  }
  expect(fullness.load().down).toMatchObject({ isFull: false });
  expect(fullness.load().down.rateBps).toBeLessThan(6e6);
});
