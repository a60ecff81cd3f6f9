// A far side that can refuse only by ending the flow (Shadowsocks): the device is reset, unless it may expect an empty answer.
import { afterEach, expect, test } from 'vitest';
import { SHUT_WR } from '../../linux/constants.ts';
import { ECONNRESET } from '../../linux/errno.ts';
import { close, rawSend, rawShutdown } from '../../linux/libc.ts';
import { closeWithReset } from '../../linux/sockets.ts';
import { connectedPair } from '../../linux/loopback.fixture.ts';
import { Rig } from './flow-rig.fixture.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const closer of closers.splice(0)) closer();
});

function rig(): { one: Rig; refusals: () => number } {
  let refusals = 0;
  const one = new Rig(undefined, connectedPair(), connectedPair(), undefined, {
    onRefused: () => refusals++,
  });
  rawSend(one.device, Buffer.from('request'), 7, 0);
  one.until(() => one.read(one.origin)?.length === 7);
  return { one, refusals: () => refusals };
}

/** `end`, or the errno of the device's connection. */
function outcome(one: Rig): string | number {
  let seen: string | number | undefined;
  one.until(() => {
    try {
      if (one.read(one.device) === undefined) seen = 'end';
    } catch {
      seen = one.readErrno;
    }
    return seen !== undefined;
  });
  return seen as string | number;
}

test('an end before the first byte is a refusal', () => {
  const { one, refusals } = rig();
  closers.push(() => one.close());
  rawShutdown(one.origin, SHUT_WR);
  expect(outcome(one)).toBe(ECONNRESET);
  expect([refusals(), one.flows.size]).toEqual([1, 0]);
});

test('so is a reset', () => {
  const { one, refusals } = rig();
  closeWithReset(one.origin);
  expect(outcome(one)).toBe(ECONNRESET);
  expect(refusals()).toBe(1);
  close(one.device);
  one.loop.close();
});

test('an end after a byte is none', () => {
  const { one, refusals } = rig();
  closers.push(() => one.close());
  rawSend(one.origin, Buffer.from('a'), 1, 0);
  rawShutdown(one.origin, SHUT_WR);
  expect(outcome(one)).toBe('end');
  expect(refusals()).toBe(0);
});

test('a device that has ended its own direction gets an empty answer in order', () => {
  const { one, refusals } = rig();
  closers.push(() => one.close());
  rawShutdown(one.device, SHUT_WR);
  one.until(() => one.read(one.origin) === undefined);
  rawShutdown(one.origin, SHUT_WR);
  expect(outcome(one)).toBe('end');
  expect(refusals()).toBe(0);
});

test('a reset by the device is nobody refusing', () => {
  const { one, refusals } = rig();
  closeWithReset(one.device);
  one.until(() => one.flows.size === 0);
  expect(refusals()).toBe(0);
  close(one.origin);
  one.loop.close();
});

test('nor is a reset by one that had ended its own direction, which the first byte finds', () => {
  const { one, refusals } = rig();
  rawShutdown(one.device, SHUT_WR);
  one.until(() => one.read(one.origin) === undefined);
  rawSend(one.origin, Buffer.from('a'), 1, 0);
  closeWithReset(one.device);
  one.until(() => one.flows.size === 0);
  expect(refusals()).toBe(0);
  close(one.origin);
  one.loop.close();
});
