import { describe, expect, test } from 'vitest';
import { type HealthChange, ProbeState } from './probe-state.ts';

/** Runs a WAN over time: `answers` says whether and after how long a probe is answered, `receives` what else comes in. */
class Run {
  readonly state = new ProbeState();
  readonly changes: (HealthChange & { atMs: number })[] = [];
  sent = 0;
  private nowMs = 0;
  private rxPackets = 0;
  private replies: { atMs: number; sequence: number }[] = [];

  for(
    ms: number,
    answers: (sequence: number) => number | undefined,
    { isBusy = false, rxPerMs = 0 }: { isBusy?: boolean; rxPerMs?: number } = {},
  ): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; this.nowMs++) {
      this.rxPackets += rxPerMs;
      for (const reply of this.replies.filter(({ atMs }) => atMs <= this.nowMs)) {
        this.rxPackets++;
        this.note(this.state.onReply(reply.sequence, this.nowMs));
      }
      this.replies = this.replies.filter(({ atMs }) => atMs > this.nowMs);
      this.note(this.state.onTime(this.nowMs, this.rxPackets));
      if (this.nowMs < this.state.nextSendMs(isBusy)) continue;
      this.state.onSent(this.sent, this.nowMs, this.rxPackets);
      const afterMs = answers(this.sent++);
      if (afterMs !== undefined) this.replies.push({ atMs: this.nowMs + afterMs, sequence: this.sent - 1 });
    }
  }

  /** Nothing runs here meanwhile, and the answers lie in the socket. */
  heldUpFor(ms: number): void {
    this.nowMs += ms;
    this.state.onHeldUp(ms);
  }

  private note(change: HealthChange | undefined): void {
    if (change) this.changes.push({ ...change, atMs: this.nowMs });
  }
}

const after = (ms: number) => () => ms;
const never = () => undefined;

describe('a WAN', () => {
  test('is up with the first answer, and its round trip is learned', () => {
    const run = new Run();
    run.for(5000, after(40));
    expect(run.changes.map(({ health }) => health)).toEqual(['up']);
    expect(run.state.rttMs).toBeCloseTo(40, 0);
    expect(run.state.lossRatio).toBe(0);
  });

  test('idle is probed about once a second, busy about five times', () => {
    const run = new Run();
    run.for(10_000, after(20));
    const learned = run.sent;
    run.for(10_000, after(20));
    expect(run.sent - learned).toBeLessThan(14);
    run.for(10_000, after(20), { isBusy: true });
    expect(run.sent - learned).toBeGreaterThan(55);
  });

  test('that has just gone down is probed fast for a minute, then once a second', () => {
    const run = new Run();
    run.for(10_000, after(20));
    run.for(3000, never);
    const before = run.sent;
    run.for(10_000, never);
    expect(run.sent - before).toBeGreaterThanOrEqual(90);
    run.for(60_000, never);
    const later = run.sent;
    run.for(10_000, never);
    expect(run.sent - later).toBeLessThanOrEqual(11);
    expect(run.changes.map(({ health }) => health)).toEqual(['up', 'down']);
  });

  test('that never answers goes down and stays there', () => {
    const run = new Run();
    run.for(20_000, never);
    expect(run.changes.map(({ health }) => health)).toEqual(['down']);
  });

  test('is not down for one lost probe, and not for a loss of one in five', () => {
    const run = new Run();
    run.for(60_000, (sequence) => (sequence % 5 === 4 ? undefined : 30), { isBusy: true, rxPerMs: 0.1 });
    expect(run.changes.map(({ health }) => health)).toEqual(['up']);
    expect(run.state.lossRatio).toBeCloseTo(0.2, 1);
  });

  test('new is probed fast until its loss can be told', () => {
    const run = new Run();
    run.for(8000, (sequence) => (sequence % 4 === 0 ? undefined : 20));
    expect(run.state.lossProbes).toBeGreaterThanOrEqual(50);
    expect(run.state.lossRatio).toBeCloseTo(0.25, 1);
  });

  test('idle on a path that loses one probe in ten does not fall, and falls soon when it is cut', () => {
    const run = new Run();
    // Pairs of losses now and then, as chance makes them.
    run.for(600_000, (sequence) => (sequence % 20 < 2 ? undefined : 30));
    expect(run.changes.map(({ health }) => health)).toEqual(['up']);
    run.for(2000, never);
    expect(run.changes.map(({ health }) => health)).toEqual(['up', 'down']);
  });

  test('that was cut, or answered late, has lost nothing on the way', () => {
    const run = new Run();
    run.for(20_000, after(40));
    run.for(10_000, never);
    run.for(20_000, after(40));
    expect(run.changes.map(({ health }) => health)).toEqual(['up', 'down', 'up']);
    expect(run.state.lossRatio).toBe(0);
    run.for(10_000, after(900), { isBusy: true, rxPerMs: 1 });
    run.for(5000, after(40));
    expect(run.state.lossRatio).toBe(0);
  });

  test('that is cut for moments while it receives has lost nothing on the way', () => {
    const run = new Run();
    run.for(10_000, after(40));
    for (let cut = 0; cut < 5; cut++) {
      run.for(1500, never, { isBusy: true, rxPerMs: 1 });
      run.for(5000, after(40), { isBusy: true, rxPerMs: 1 });
    }
    expect(run.changes.map(({ health }) => health)).toEqual(['up']);
    expect(run.state.lossRatio).toBe(0);
  });

  test('that is full loses what its queue has no room for, and that is no loss of the path', () => {
    const run = new Run();
    run.for(10_000, after(40));
    // It fills up, overflows, and is half empty again.
    const rttsMs = [60, 80, 100, 120, 140, undefined, 130, 90];
    run.for(60_000, (sequence) => rttsMs[sequence % 8], { isBusy: true, rxPerMs: 1 });
    expect(run.state.lossRatio).toBe(0);
    run.for(60_000, (sequence) => (sequence % 20 === 0 ? undefined : 45), { isBusy: true, rxPerMs: 1 });
    expect(run.state.lossRatio).toBeCloseTo(0.05, 2);
  });

  test('has the base round trip of its path, whatever queue stands in front of it', () => {
    const run = new Run();
    run.for(5000, after(40));
    expect(run.state.baseRttMs).toBe(40);
    run.for(60_000, after(1500), { isBusy: true, rxPerMs: 1 });
    expect(run.state.baseRttMs).toBe(40);
    run.for(30_000, after(700));
    expect(run.state.baseRttMs).toBe(700);
    run.for(1000, after(60), { isBusy: true, rxPerMs: 1 });
    expect(run.state.baseRttMs).toBe(60);
  });

  test('cut silently is down within 600 ms when busy and 1.5 s when idle', () => {
    for (const [isBusy, limitMs] of [
      [true, 600],
      [false, 1500],
    ] as const) {
      const run = new Run();
      run.for(10_000, after(40), { isBusy });
      run.for(3000, never, { isBusy });
      const down = run.changes.find(({ health }) => health === 'down');
      expect((down?.atMs ?? Number.POSITIVE_INFINITY) - 10_000).toBeLessThan(limitMs);
    }
  });

  test('whose queue fills at once is not down while its interface receives', () => {
    const run = new Run();
    run.for(10_000, after(20), { isBusy: true, rxPerMs: 1 });
    run.for(10_000, after(1200), { isBusy: true, rxPerMs: 1 });
    expect(run.changes.map(({ health }) => health)).toEqual(['up']);
  });

  test('that receives but never reaches the server is down after the limit', () => {
    const run = new Run();
    run.for(5000, after(20), { rxPerMs: 1 });
    run.for(6000, never, { rxPerMs: 1 });
    expect(run.changes.map(({ health }) => health)).toEqual(['up', 'down']);
  });

  test('that comes back is up within 500 ms after its first falls, and within 2 s after four in a minute', () => {
    const run = new Run();
    run.for(20_000, after(40));
    for (const limitMs of [500, 800, 1200, 2000]) {
      run.for(3000, never);
      const before = run.changes.length;
      run.for(limitMs, after(40));
      expect(run.changes.slice(before).map(({ health }) => health)).toEqual(['up']);
      run.for(3000, after(40));
    }
  });

  test('that comes back is up soon; one that flaps has to wait longer each time', () => {
    const run = new Run();
    run.for(20_000, after(20));
    run.for(3000, never);
    run.for(2000, after(20));
    expect(run.changes.map(({ health }) => health)).toEqual(['up', 'down', 'up']);
    const waits: number[] = [];
    for (let i = 0; i < 3; i++) {
      run.for(2000, never);
      const backMs = run.changes.at(-1)?.atMs ?? 0;
      run.for(9000, after(20));
      waits.push((run.changes.at(-1)?.atMs ?? 0) - backMs);
    }
    expect(waits[1]).toBeGreaterThan(waits[0] as number);
    expect(waits[2]).toBeGreaterThan(waits[1] as number);
  });

  test('is not down because we could not look: not for a moment, not for a minute, not again and again', () => {
    const run = new Run();
    run.for(10_000, after(40), { isBusy: true });
    run.heldUpFor(700);
    run.for(10_000, after(40), { isBusy: true });
    run.heldUpFor(60_000);
    run.for(10_000, after(40), { isBusy: true });
    for (let i = 0; i < 20; i++) {
      run.heldUpFor(300);
      run.for(30, after(40), { isBusy: true });
    }
    expect(run.changes.map(({ health }) => health)).toEqual(['up']);
    expect(run.state.lossRatio).toBe(0);
    expect(run.state.rttMs).toBeCloseTo(40, 0);
  });

  test('that was cut while we could not look is down soon after', () => {
    const run = new Run();
    run.for(10_000, after(40), { isBusy: true });
    run.for(1, never, { isBusy: true });
    run.heldUpFor(5000);
    run.for(600, never, { isBusy: true });
    expect(run.changes.map(({ health }) => health)).toEqual(['up', 'down']);
  });
});
