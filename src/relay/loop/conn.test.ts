// What a connection notes of its socket, on real loopback connections.
import { afterEach, expect, test } from 'vitest';
import { SHUT_WR, SOL_TCP, TCP_NODELAY } from '../../linux/constants.ts';
import { close, getsockoptInt, rawSend, rawShutdown } from '../../linux/libc.ts';
import { connectedPair, listenOnLoopback } from '../../linux/loopback.fixture.ts';
import { closeWithReset } from '../../linux/sockets.ts';
import { Conn } from './conn.ts';
import { receive, send } from './io.ts';
import { Loop } from './loop.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const closer of closers.splice(0).reverse()) closer();
});

function loopOf(): Loop {
  const loop = new Loop();
  closers.push(() => loop.close());
  return loop;
}

/** One that was accepted, and its peer. */
function accepted(): { loop: Loop; conn: Conn; peer: number } {
  const loop = loopOf();
  const [peer, inner] = connectedPair();
  const conn = Conn.watch(loop, inner, false) as Conn;
  closers.push(() => conn.close());
  return { loop, conn, peer };
}

const buffer = Buffer.alloc(100);

test.each([false, true])(
  'one that was opened here is without delay from its second send on (MPTCP: %s)',
  (mptcp) => {
    const loop = loopOf();
    const listener = listenOnLoopback({ mptcp });
    closers.push(() => close(listener.fd));
    const options = { to: listener.at, mptcp, from: undefined, device: undefined, congestion: undefined };
    const conn = Conn.connect(loop, options) as Conn;
    closers.push(() => conn.close());
    loop.round(100);
    const isPrompt = (): number | undefined => getsockoptInt(conn.fd, SOL_TCP, TCP_NODELAY);
    expect([send(conn, Buffer.from('one')), isPrompt()]).toEqual([3, 0]);
    expect([send(conn, Buffer.from('two')), isPrompt()]).toEqual([3, 1]);
  },
);

test('is dry when all was read and the end was told', () => {
  const { loop, conn, peer } = accepted();
  closers.push(() => close(peer));
  rawSend(peer, Buffer.from('answer'), 6, 0);
  rawShutdown(peer, SHUT_WR);
  loop.round(100);
  expect([receive(conn, buffer, 4), conn.isDry, conn.readable]).toEqual([4, false, true]);
  expect([receive(conn, buffer, 4), conn.isDry, conn.readable]).toEqual([2, true, true]);
});

test('is not dry while its end is not known, nor when it broke', () => {
  const open = accepted();
  closers.push(() => close(open.peer));
  rawSend(open.peer, Buffer.from('answer'), 6, 0);
  open.loop.round(100);
  expect([receive(open.conn, buffer, 100), open.conn.isDry, open.conn.readable]).toEqual([6, false, false]);
  const broken = accepted();
  rawSend(broken.peer, Buffer.from('answer'), 6, 0);
  closeWithReset(broken.peer);
  broken.loop.round(100);
  expect([receive(broken.conn, buffer, 100), broken.conn.isDry]).toEqual([6, false]);
});
