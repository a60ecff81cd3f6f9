// How many connections are taken a turn, so that running flows get theirs.
import { afterEach, expect, test } from 'vitest';
import { close } from '../linux/libc.ts';
import { listenOnLoopback } from '../linux/loopback.fixture.ts';
import { startConnect } from '../linux/sockets.ts';
import { Acceptor } from './acceptor.ts';
import { Loop } from './loop/loop.ts';

// What acceptor.ts takes at once.
const BURST = 64;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const closer of closers.splice(0).reverse()) closer();
});

test('connections that keep coming do not make the bursts of a turn more', () => {
  const { fd: listener, at } = listenOnLoopback({ backlog: 1024 });
  const loop = new Loop();
  closers.push(() => loop.close());
  const connect = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const fd = startConnect({
        to: at,
        mptcp: false,
        from: undefined,
        device: undefined,
        congestion: undefined,
      });
      closers.push(() => close(fd));
    }
  };
  let taken = 0;
  const acceptor = new Acceptor(loop, {
    wantsPeer: false,
    isFull: () => false,
    onPause: () => undefined,
    onResume: () => undefined,
    onAccept: ({ fd }) => {
      taken++;
      closers.push(() => close(fd));
      return true;
    },
  });
  acceptor.add(listener);
  closers.push(() => acceptor.close());
  connect(700);
  const perRound: number[] = [];
  for (let round = 0; round < 4; round++) {
    connect(1);
    taken = 0;
    loop.round(0);
    perRound.push(taken);
  }
  expect(Math.max(...perRound)).toBeLessThanOrEqual(2 * BURST);
  expect(Math.min(...perRound)).toBeGreaterThan(0);
});
