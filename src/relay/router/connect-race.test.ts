import { afterEach, expect, test } from 'vitest';
import { parseAddress } from '../../base/address.ts';
import { ENOMEM } from '../../linux/errno.ts';
import { closeWithReset } from '../../linux/sockets.ts';
import { listenOnLoopback } from '../../linux/loopback.fixture.ts';
import { ConnectRace } from './connect-race.ts';
import { Loop } from '../loop/loop.ts';
import type { Candidate } from './router-policy.ts';
import { contextOf } from '../worker-context.fixture.ts';

const HERE = parseAddress('127.0.0.1');
// RFC 5737: never an address of this host, so binding to it fails at once.
const ELSEWHERE = parseAddress('192.0.2.1');

const closers: (() => void)[] = [];
afterEach(() => {
  for (const closer of closers.splice(0)) closer();
});

class ForgetfulLoop extends Loop {
  hasMemory = true;

  override tryWatch(...args: Parameters<Loop['tryWatch']>): boolean {
    return this.hasMemory && super.tryWatch(...args);
  }
}

function setUp(sources: readonly (typeof HERE)[], congestion?: string) {
  const { fd: listener, at: to } = listenOnLoopback({ backlog: 4 });
  const loop = new ForgetfulLoop();
  closers.push(() => {
    closeWithReset(listener);
    loop.close();
  });
  const candidates = sources.map(
    (from, i): Candidate => ({
      wan: `wan${i}`,
      device: 'lo',
      from,
      to,
      mptcp: false,
      server: undefined,
      hedgeDelayMs: 1000,
    }),
  );
  const context = contextOf(loop);
  const told: string[] = [];
  const race = new ConnectRace(context, { congestion }, candidates, {
    onConnect: ({ conn, candidate }) => {
      told.push(candidate.wan);
      conn.reset();
    },
    onExhausted: (errno) => told.push(`exhausted ${errno}`),
  });
  return { loop, race, told };
}

test('a WAN that fails at once makes room for the next', () => {
  const { loop, race, told } = setUp([ELSEWHERE, HERE]);
  expect(race.begin()).toBe('started');
  loop.round(100);
  expect(told).toEqual(['wan1']);
  expect(loop.size).toBe(0);
});

test('starved before the first attempt: nothing was started, the caller may come again', () => {
  const { loop, race, told } = setUp([HERE]);
  loop.hasMemory = false;
  expect(race.begin()).toBe('starved');
  expect(told).toEqual([]);
  loop.hasMemory = true;
  expect(race.begin()).toBe('started');
  loop.round(100);
  expect(told).toEqual(['wan0']);
});

test('starved after a failure: it is told once, and the caller does not keep what was closed', () => {
  const { loop, race, told } = setUp([ELSEWHERE, HERE]);
  loop.hasMemory = false;
  expect(race.begin()).toBe('started');
  expect(told).toEqual([`exhausted ${ENOMEM}`]);
});

test('an option that the kernel refuses fails this flow only', () => {
  const { race, told } = setUp([HERE], 'no-such-cc');
  expect(race.begin()).toBe('started');
  expect(told).toHaveLength(1);
});
