// What edge-triggered events do not tell: each of these once left a flow hanging, or its last bytes lost.
import { afterEach, expect, test } from 'vitest';
import { SHUT_WR } from '../../linux/constants.ts';
import { ECONNRESET, EPIPE } from '../../linux/errno.ts';
import { close, rawSend, rawShutdown } from '../../linux/libc.ts';
import { closeWithReset, unackedBytes } from '../../linux/sockets.ts';
import { readCounters } from '../counters.ts';
import { connectedPair } from '../../linux/loopback.fixture.ts';
import { Rig } from './flow-rig.fixture.ts';

const MSG_OOB = 1;
// More than the flow sends through its buffer before it splices.
const BULK = Buffer.alloc(400_000);

const closers: (() => void)[] = [];
afterEach(() => {
  for (const closer of closers.splice(0)) closer();
});

function rig(...options: ConstructorParameters<typeof Rig>): Rig {
  const one = new Rig(...options);
  closers.push(() => one.close());
  return one;
}

/** What arrives at `fd` until it is `bytes` long. */
function receive(one: Rig, fd: number, bytes: number): Buffer {
  let got = Buffer.alloc(0);
  one.until(() => {
    got = Buffer.concat([got, one.read(fd) ?? Buffer.alloc(0)]);
    return got.length >= bytes;
  });
  return got;
}

test.each([
  ['before', 0],
  ['in the middle of', BULK.length],
])('urgent data %s a transfer keeps its place and stops nothing', (_when, bytes) => {
  const one = rig();
  if (bytes > 0) one.carry(one.device, one.origin, BULK, [BULK.length], [BULK.length]);
  for (const [text, flags] of [
    ['abc', 0],
    ['U', MSG_OOB],
    ['def', 0],
  ] as const) {
    rawSend(one.device, Buffer.from(text), text.length, flags);
  }
  expect(receive(one, one.origin, 7).toString()).toBe('abcUdef');
  rawSend(one.device, Buffer.from('ghi'), 3, 0);
  expect(receive(one, one.origin, 3).toString()).toBe('ghi');
});

test('what comes behind the mark of urgent data is not taken for the end', () => {
  const one = rig();
  rawSend(one.device, Buffer.from('abU'), 3, MSG_OOB);
  rawSend(one.device, Buffer.from('cd'), 2, 0);
  rawShutdown(one.device, SHUT_WR);
  expect(receive(one, one.origin, 5).toString()).toBe('abUcd');
  one.until(() => one.read(one.origin) === undefined);
});

test('many small segments of a plain TCP router behind an MPTCP listener all arrive', () => {
  const smallestPipe = 64 * 1024;
  const one = rig(smallestPipe, connectedPair({ client: false, listener: true }));
  one.carry(one.device, one.origin, BULK, [BULK.length], [BULK.length]);
  const [other, peer] = connectedPair();
  closers.push(() => [other, peer].forEach(close));
  let sent = 0;
  for (let i = 0; i < 300; i++) {
    sent += rawSend(one.device, BULK, 100 + i, 0);
    // Keeps the segments apart in memory: each then takes a slot of the pipe, and the pipe is full early.
    rawSend(other, BULK, 100, 0);
  }
  expect(receive(one, one.origin, sent)).toHaveLength(sent);
});

test.each(['device', 'origin'] as const)('a reset by the %s passes a side that takes nothing', (side) => {
  const one = new Rig();
  const [resetting, blocked] = side === 'device' ? [one.device, one.origin] : [one.origin, one.device];
  for (let refused = 0; refused < 50; ) {
    refused = rawSend(resetting, BULK, BULK.length, 0) < 0 ? refused + 1 : 0;
    one.turn();
  }
  closeWithReset(resetting);
  one.until(() => one.flows.size === 0);
  expect(readCounters(one.memory).flowsReset).toBe(1);
  const seen = (): number => {
    try {
      while (one.read(blocked)?.length) one.turn();
      return 0;
    } catch {
      return one.readErrno;
    }
  };
  expect([ECONNRESET, EPIPE]).toContain(seen());
  close(blocked);
  one.loop.close();
});

test('an MPTCP connection is closed only when its last bytes are nearly out', () => {
  const one = rig(1024 * 1024, connectedPair(), connectedPair({ client: true, listener: true }));
  let sent = 0;
  for (let refused = 0; refused < 50; ) {
    const taken = rawSend(one.device, BULK, BULK.length, 0);
    refused = taken < 0 ? refused + 1 : 0;
    sent += Math.max(0, taken);
    one.turn();
  }
  for (const fd of [one.device, one.origin]) rawShutdown(fd, SHUT_WR);
  const [flow] = one.flows;
  let got = 0;
  // As long as nobody reads, more is on its way than may be left at the end: the flow has to stay.
  for (let i = 0; i < 20; i++) {
    one.turn();
    flow?.sweep(one.loop.nowMs, 1000);
  }
  expect(unackedBytes(one.far)).toBeGreaterThan(128 * 1024);
  expect(one.flows.size).toBe(1);
  one.until(() => {
    const piece = one.read(one.origin, 50_000);
    got += piece?.length ?? 0;
    flow?.sweep(one.loop.nowMs, 1000);
    return piece === undefined;
  });
  expect(got).toBe(sent);
  expect(one.flows.size).toBe(0);
  expect(readCounters(one.memory).flowsReset).toBe(0);
});
