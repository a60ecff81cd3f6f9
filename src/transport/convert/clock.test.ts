import { describe, expect, it } from 'vitest';
import {
  answerOf,
  HOST,
  KEY_ID,
  KEY_NAME,
  NOTHING,
  Pair,
  PSK,
  SERVER_ID,
  TARGET,
} from '../../../test/convert-pair.ts';
import { steadyClock } from './clock.ts';
import { createConvertServer } from './server.ts';

describe('a router whose clock is off', () => {
  it.each([0, 900, -29_000])('by %i ms connects at once', (clientAheadMs) => {
    const pair = new Pair({ clientAheadMs });
    expect(pair.open()).toMatchObject({ step: { kind: 'established' }, dials: 1, hellos: 1 });
    expect(pair.client.clockOffsetMs).toBeUndefined();
  });

  it.each([60_000, -60_000, 5000, -1.7e12, 1e15])('by %i ms connects after one cookie', (clientAheadMs) => {
    const pair = new Pair({ clientAheadMs });
    expect(pair.open()).toMatchObject({ step: { kind: 'established' }, dials: 1, hellos: 2 });
    expect(pair.client.clockOffsetMs).toBeCloseTo(-clientAheadMs, -2);
    // What it learned serves the flows after it.
    pair.tick(3_600_000);
    expect(pair.open()).toMatchObject({ step: { kind: 'established' }, dials: 1, hellos: 1 });
  });

  it('connects after its clock is set right', () => {
    const pair = new Pair({ clientAheadMs: -60_000 });
    pair.open();
    pair.clientClock.ms += 60_000;
    expect(pair.open()).toMatchObject({ step: { kind: 'established' }, hellos: 2 });
    expect(pair.open()).toMatchObject({ step: { kind: 'established' }, hellos: 1 });
  });
});

describe('a server restart', () => {
  it.each([-20_000, 0, 20_000])('with a router clock %i ms ahead connects', (clientAheadMs) => {
    const pair = new Pair({ clientAheadMs });
    pair.restartServer();
    expect(pair.open()).toMatchObject({ step: { kind: 'established' }, dials: 1, hellos: 2 });
    pair.tick(1000);
    expect(pair.open()).toMatchObject({ step: { kind: 'established' }, dials: 1, hellos: 1 });
  });

  it.each([0, -5000, 900])(
    'replays nothing accepted before it (router clock %i ms ahead)',
    (clientAheadMs) => {
      const pair = new Pair({ clientAheadMs });
      const hello = pair.client.start(TARGET).hello(NOTHING);
      expect(pair.serve(hello).kind).toBe('dial');
      pair.restartServer();
      for (let i = 0; i < 100; i++) {
        expect(pair.serve(hello)).toMatchObject({ kind: 'reply', reason: 'clock' });
        pair.tick(500);
      }
    },
  );

  it('between cookie and retry ends in a refusal, not in a loop', () => {
    const pair = new Pair({ clientAheadMs: 60_000 });
    const flow = pair.client.start(TARGET);
    expect(flow.receive(answerOf(pair.serve(flow.hello(NOTHING)))).kind).toBe('retry');
    pair.tick(100);
    pair.restartServer();
    const second = pair.serve(flow.hello(NOTHING));
    expect(second).toMatchObject({ kind: 'reply', reason: 'clock' });
    expect(flow.receive(answerOf(second))).toMatchObject({ kind: 'refused', reason: 'clock' });
  });
});

describe('the cookie', () => {
  function withCookie(pair: Pair): Buffer {
    const flow = pair.client.start(TARGET);
    flow.receive(answerOf(pair.serve(flow.hello(NOTHING))));
    return flow.hello(NOTHING);
  }

  it('is taken once', () => {
    const pair = new Pair({ clientAheadMs: 60_000 });
    const hello = withCookie(pair);
    expect(hello.length).toBe(108);
    expect(pair.serve(hello).kind).toBe('dial');
    for (let i = 0; i < 200; i++) {
      expect(pair.serve(hello)).toMatchObject({ kind: 'reply' });
      pair.tick(500);
    }
  });

  it('is taken once across workers', () => {
    const pair = new Pair({ clientAheadMs: 60_000 });
    const other = pair.attach(pair.replay);
    const hello = withCookie(pair);
    expect(other.start().receive(hello).kind).toBe('dial');
    expect(pair.serve(hello)).toMatchObject({ reason: 'replayed' });
  });

  it('runs out', () => {
    const pair = new Pair({ clientAheadMs: 60_000 });
    const hello = withCookie(pair);
    pair.tick(30_001);
    expect(pair.serve(hello)).toMatchObject({ kind: 'reply', reason: 'clock' });
  });

  it('of one server or start is no good at another', () => {
    const pair = new Pair({ clientAheadMs: 60_000 });
    const hello = withCookie(pair);
    const now = () => pair.serverClock.ms;
    const keys = [{ id: KEY_ID, name: KEY_NAME, psk: PSK }];
    const { replay } = pair;
    const elsewhere = createConvertServer({ serverId: `${SERVER_ID}2`, keys, replay, now, ...HOST });
    expect(elsewhere.start().receive(hello)).toMatchObject({ reason: 'not-authorized' });
    pair.tick(10);
    pair.restartServer();
    expect(pair.serve(hello)).toMatchObject({ reason: 'clock' });
  });

  it('teaches no time when it was held back', () => {
    const pair = new Pair({ clientAheadMs: 60_000 });
    const flow = pair.client.start(TARGET);
    const answer = answerOf(pair.serve(flow.hello(NOTHING)));
    pair.tick(30_001);
    expect(flow.receive(answer)).toMatchObject({ kind: 'refused', reason: 'clock' });
    expect(pair.client.clockOffsetMs).toBeUndefined();
  });

  it('without our tag teaches nothing', () => {
    const pair = new Pair({ clientAheadMs: 60_000 });
    const flow = pair.client.start(TARGET);
    const answer = answerOf(pair.serve(flow.hello(NOTHING)));
    for (let bit = 0; bit < answer.length * 8; bit++) {
      const bad = Buffer.from(answer);
      bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(flow.receive(bad).kind).not.toBe('retry');
    }
    const foreign = Buffer.from('010422631e0303007333637265740000', 'hex');
    expect(flow.receive(foreign)).toMatchObject({ reason: 'server-reply-unauthenticated' });
    expect(pair.client.clockOffsetMs).toBeUndefined();
  });
});

it('the steady clock follows the monotonic clock', () => {
  let ns = 5_000_000_000n;
  const clock = steadyClock({ wallMs: 1000, monotonicNs: ns }, () => ns);
  expect(clock()).toBe(1000);
  ns += 2_500_000n;
  expect(clock()).toBe(1002.5);
});
