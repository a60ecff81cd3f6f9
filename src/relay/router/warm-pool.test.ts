// Connections ahead of need: kept while the path that they began on is a candidate still.
import { afterEach, expect, test } from 'vitest';
import { parseAddress } from '../../base/address.ts';
import { SOCK_NONBLOCK } from '../../linux/constants.ts';
import { close, rawAccept4, rawSend } from '../../linux/libc.ts';
import type { ClientHandshake } from '../../transport/handshake.ts';
import { listenOnLoopback } from '../../linux/loopback.fixture.ts';
import { Loop } from '../loop/loop.ts';
import { candidatesTo, type WanPolicy } from './router-policy.ts';
import { WarmPool } from './warm-pool.ts';
import { contextOf } from '../worker-context.fixture.ts';

const HERE = parseAddress('127.0.0.1');
const ELSEWHERE = parseAddress('192.0.2.1');
const WAN: WanPolicy = {
  name: 'a',
  interface: 'lo',
  sources: [HERE],
  share: 1,
  isSilent: false,
  mayFastOpen: false,
  hedgeDelayMs: 1000,
};
const AFTER_ONE_BYTE: ClientHandshake = {
  hello: () => Buffer.from('?'),
  receive: (bytes) =>
    bytes.length === 0 ? { kind: 'more' } : { kind: 'established', consumed: 1, families: undefined },
};

const closers: (() => void)[] = [];
afterEach(() => {
  for (const closer of closers.splice(0)) closer();
});

/** A pool whose server says one byte to each connection. */
function setUp({ endsAtOnce = false, hasTime = (): boolean => true } = {}) {
  const loop = new Loop();
  const { fd: listener, at: to } = listenOnLoopback({ backlog: 16 });
  const settings = { most: 4, handshakeTimeoutMs: 5000, congestion: undefined };
  const pool = new WarmPool(contextOf(loop), settings, hasTime);
  const accepted: number[] = [];
  closers.push(() => {
    pool.close();
    for (const fd of [...accepted, listener]) close(fd);
    loop.close();
  });
  const server = {
    label: 'server',
    transport: { start: () => AFTER_ONE_BYTE, warm: () => AFTER_ONE_BYTE },
    addresses: [to],
    candidates: () => candidatesTo([WAN], [to], { mptcp: false, server: 'server' }),
  };
  const turn = (): void => {
    loop.round(1);
    for (;;) {
      const fd = rawAccept4(listener, null, null, SOCK_NONBLOCK);
      if (fd < 0) return;
      rawSend(fd, Buffer.from('k'), 1, 0);
      if (endsAtOnce) close(fd);
      else accepted.push(fd);
    }
  };
  const until = (condition: () => boolean): void => {
    for (let i = 0; i < 2000 && !condition(); i++) turn();
    expect(condition()).toBe(true);
  };
  pool.update(server, [WAN]);
  expect(pool.take()).toBeUndefined();
  return { loop, pool, server, until };
}

test('none are made while the worker has no time, and those that there are still serve', () => {
  let hasTime = true;
  const { loop, pool, until } = setUp({ hasTime: () => hasTime });
  until(() => pool.size === 2);
  hasTime = false;
  const taken = [pool.take(), pool.take(), pool.take()];
  for (const one of taken) one?.conn.reset();
  expect(taken.map(Boolean)).toEqual([true, true, false]);
  for (let i = 0; i < 20; i++) loop.round(1);
  expect(pool.size).toBe(0);
  hasTime = true;
  pool.take();
  until(() => pool.size > 0);
});

test.each<[string, readonly WanPolicy[], number]>([
  ['are kept while nothing changes', [WAN], 2],
  ['are given up when the WAN is gone', [], 0],
  ['are given up when it is silent', [{ ...WAN, isSilent: true }], 0],
  ['are given up when it has another address', [{ ...WAN, sources: [ELSEWHERE] }], 0],
])('they %s', (_, wans, left) => {
  const { pool, server, until } = setUp();
  until(() => pool.size === 2);
  pool.update({ ...server, candidates: () => [] }, wans);
  expect(pool.size).toBe(left);
});

test('they are given up when the server has another address', () => {
  const { pool, server, until } = setUp();
  until(() => pool.size === 2);
  pool.update({ ...server, addresses: [{ address: ELSEWHERE, port: 1 }], candidates: () => [] }, [WAN]);
  expect(pool.size).toBe(0);
});

test('one that becomes ready on a path that is no candidate any more is not kept', () => {
  const { loop, pool, server, until } = setUp();
  pool.update({ ...server, candidates: () => [] }, [{ ...WAN, sources: [ELSEWHERE] }]);
  until(() => loop.size === 0);
  expect(pool.size).toBe(0);
});

test('one that the server ends with its answer is not kept', () => {
  const { loop, pool, until } = setUp({ endsAtOnce: true });
  until(() => loop.size === 0);
  expect(pool.size).toBe(0);
});

test('a pool that was closed makes none for a later policy', () => {
  const { loop, pool, server } = setUp();
  pool.close();
  pool.update(server, [WAN]);
  expect([loop.size, loop.timers.size, pool.size]).toEqual([0, 0, 0]);
});
