// When a transfer that waits is let send a little more, how often, and when it is left alone.
import { beforeEach, describe, expect, test } from 'vitest';
import { Nudge, type Nudged } from './nudge.ts';
import { Timers } from '../loop/timers.ts';

const SEGMENT_BYTES = 64 * 1024;

class Transfer implements Nudged {
  isWaiting = true;
  sentBytes = 1_000_000;
  underWay = false;
  readonly allowed: number[] = [];
  isIdle = (): boolean => !this.underWay;

  allow(extraBytes: number): void {
    this.allowed.push(extraBytes);
    if (extraBytes === 0) return;
    this.sentBytes += SEGMENT_BYTES;
    // As a flow does, whose sink is full again after that.
    nudge.watch();
  }
}

let transfer: Transfer;
let nudge: Nudge;
const loop = { timers: new Timers(), nowMs: 0 };

function pass(ms: number): void {
  for (const endMs = loop.nowMs + ms; loop.nowMs < endMs; loop.nowMs++) loop.timers.fire(loop.nowMs);
}

beforeEach(() => {
  loop.timers = new Timers();
  transfer = new Transfer();
  nudge = new Nudge(loop, transfer);
  nudge.watch();
});

describe('a transfer that waits', () => {
  test('with nothing under way gets room for a segment more, and the usual room back when it goes on', () => {
    pass(5);
    expect(transfer.allowed).toEqual([SEGMENT_BYTES]);
    transfer.sentBytes += 500_000;
    pass(2);
    expect(transfer.allowed).toEqual([SEGMENT_BYTES, 0]);
  });

  test('without an answer gets three, each a segment more than the one before, and no more', () => {
    pass(1000);
    expect(transfer.allowed).toEqual([SEGMENT_BYTES, 2 * SEGMENT_BYTES, 3 * SEGMENT_BYTES]);
    nudge.watch();
    pass(1000);
    expect(transfer.allowed).toHaveLength(3);
    expect(loop.timers.size).toBe(0);
  });

  test('is watched again once it has gone on', () => {
    pass(1000);
    transfer.sentBytes += 500_000;
    nudge.watch();
    expect(transfer.allowed.at(-1)).toBe(0);
    pass(5);
    expect(transfer.allowed.at(-1)).toBe(SEGMENT_BYTES);
  });

  test('with something under way is left alone, later and later', () => {
    transfer.underWay = true;
    pass(50);
    expect(transfer.allowed).toEqual([]);
    expect(loop.timers.size).toBe(1);
    pass(1000);
    expect(loop.timers.size).toBe(0);
    transfer.underWay = false;
    nudge.watch();
    pass(1000);
    expect(transfer.allowed).toEqual([]);
  });

  test('is left alone while it goes on', () => {
    for (let i = 0; i < 20; i++) {
      transfer.sentBytes += 10_000;
      pass(2);
    }
    expect(transfer.allowed).toEqual([]);
  });
});

test('a transfer that has room is not looked at any more', () => {
  transfer.isWaiting = false;
  pass(100);
  expect(transfer.allowed).toEqual([]);
  expect(loop.timers.size).toBe(0);
});

test('a transfer that has ended is not looked at any more', () => {
  nudge.stop();
  pass(100);
  expect(transfer.allowed).toEqual([]);
});
