// The upstream of an opening, without its device: when the request is said, and what becomes of it when it cannot be.
import { afterEach, expect, test } from 'vitest';
import { Counters, createCounterMemory, readCounters } from '../counters.ts';
import { Conn } from '../loop/conn.ts';
import { EarlyBytes } from './early-bytes.ts';
import { PendingRequest } from './pending-request.ts';
import { playServer, policyWithout } from './played-server.fixture.ts';
import type { RouterOpeningPlan } from './router-opening-plan.ts';
import { UpstreamOpening } from './upstream-opening.ts';
import { contextOf } from '../worker-context.fixture.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const closer of closers.splice(0).reverse()) closer();
});

/** An opening whose device has said `question` and nothing since. */
function setUp(own: (server: ReturnType<typeof playServer>) => Partial<RouterOpeningPlan> = () => ({})) {
  const server = playServer();
  const counterMemory = createCounterMemory(1);
  const context = contextOf(server.loop, { counters: new Counters(counterMemory, 0) });
  const device = { readable: false } as Conn;
  const request = new PendingRequest(new EarlyBytes(device, context.buffer, Buffer.from('question')));
  const told: string[] = [];
  const upstream = new UpstreamOpening(context, { ...server.plan, ...own(server) }, request, {
    onConnected: () => told.push('connected'),
    onEstablished: ({ rest }) => told.push(`established: ${rest.toString()}`),
    onFailed: (reason, detail) => told.push(`${reason}: ${detail}`),
  });
  closers.push(() => {
    upstream.close();
    request.link?.conn.reset();
    server.close();
  });
  const { loop } = server;
  const untilTold = (count: number): void => {
    for (let i = 0; i < 2000 && told.length < count; i++) loop.round(1);
    expect(told).toHaveLength(count);
  };
  /** Sockets and timers that it has. */
  const held = (): number => loop.size + loop.timers.size;
  return { ...server, counted: () => readCounters(counterMemory), request, told, upstream, untilTold, held };
}

test('the request waits until it is said, and the connection stays open for its owner', () => {
  const { accept, read, write, told, upstream, request, loop } = setUp();
  expect(upstream.begin()).toBe('started');
  const fd = accept();
  expect([told, read(fd), request.hasSaid]).toEqual([['connected'], '', false]);
  upstream.say();
  expect(read(fd)).toBe('0question');
  upstream.add(Buffer.from(' and more'));
  expect(read(fd)).toBe(' and more');
  write(fd, 'yanswer');
  expect(told).toEqual(['connected', 'established: answer']);
  upstream.close();
  expect([loop.size, loop.timers.size]).toEqual([1, 0]);
});

test('given up, it has nothing left, however often', () => {
  const { accept, upstream, told, held } = setUp();
  upstream.begin();
  accept();
  upstream.say();
  upstream.onPolicy(policyWithout('wan1'));
  accept();
  upstream.close();
  upstream.close();
  expect([held(), told]).toEqual([0, ['connected', 'connected']]);
});

test('a WAN that dies before the request was said leaves nothing behind', () => {
  const { accept, read, upstream, told, request, counted } = setUp();
  upstream.begin();
  accept();
  upstream.onPolicy(policyWithout('wan1'));
  // There is no connection at the moment.
  upstream.say();
  const second = accept();
  expect(told).toEqual(['connected', 'connected']);
  upstream.say();
  expect([read(second), request.link?.candidate.wan, request.attempts]).toEqual(['0question', 'wan2', 0]);
  expect(counted().hedges).toBe(0);
});

test('a server that asks for one try after the other is given up', () => {
  const { accept, write, upstream, told, held } = setUp();
  upstream.begin();
  for (let i = 0; i < 3; i++) {
    const fd = accept();
    upstream.say();
    write(fd, 'again');
  }
  expect(told.slice(0, 3)).toEqual(['connected', 'connected', 'connected']);
  expect(told.slice(3)).toEqual([expect.stringMatching(/^clock: /)]);
  expect(held()).toBe(0);
});

test('where another connection has to follow, it waits for an fd', () => {
  const { accept, write, told, upstream, loop, untilTold, held } = setUp();
  expect(upstream.begin()).toBe('started');
  const first = accept();
  upstream.say();
  const tryWatch = loop.tryWatch.bind(loop);
  loop.tryWatch = () => false;
  write(first, 'a');
  expect([told, loop.timers.size]).toEqual([['connected'], 1]);
  loop.tryWatch = tryWatch;
  untilTold(2);
  expect(told).toEqual(['connected', 'connected']);
  upstream.close();
  expect(held()).toBe(0);
});

test('given up while it waits for an fd, it has nothing left', () => {
  const { accept, write, upstream, loop, held } = setUp();
  upstream.begin();
  const first = accept();
  upstream.say();
  loop.tryWatch = () => false;
  write(first, 'a');
  upstream.close();
  expect(held()).toBe(0);
});

test('a server that goes before it has replied is told of once', () => {
  const { accept, drop, turn, upstream, told, held } = setUp();
  upstream.begin();
  const fd = accept();
  upstream.say();
  drop(fd);
  turn();
  expect(told).toEqual(['connected', expect.stringMatching(/^server-lost: /)]);
  expect(held()).toBe(0);
});

test('a server that does not reply is told of', () => {
  const { accept, upstream, untilTold, told, held } = setUp(({ plan }) => ({
    settings: { ...plan.settings, handshakeTimeoutMs: 20 },
  }));
  upstream.begin();
  accept();
  upstream.say();
  untilTold(2);
  expect(told[1]).toBe('server-silent: no reply within 20 ms');
  expect(held()).toBe(0);
});

/** The request was said on `first`, whose WAN is dead, and nobody listens where it is to go on. */
function moveInVain() {
  const made = setUp();
  made.upstream.begin();
  const first = made.accept();
  made.upstream.say();
  made.leave();
  made.upstream.onPolicy(policyWithout('wan1'));
  return { ...made, first };
}

test('where the move to another WAN fails, the reply may still come on the connection before', () => {
  const { first, read, turn, write, upstream, told } = moveInVain();
  turn();
  upstream.add(Buffer.from(' and more'));
  expect([told, read(first)]).toEqual([['connected'], '0question and more']);
  write(first, 'yanswer');
  expect(told).toEqual(['connected', 'established: answer']);
});

test('when all are lost on which it was said, it fails', () => {
  const { first, drop, turn, told, held } = moveInVain();
  drop(first);
  turn();
  expect(told).toEqual(['connected', expect.stringMatching(/^server-/)]);
  expect(held()).toBe(0);
});

test('when nobody listens, the failure says what the kernel said', () => {
  const { leave, upstream, untilTold, told, held } = setUp();
  leave();
  upstream.begin();
  untilTold(1);
  expect(told).toEqual(['server-down: connect failed: ECONNREFUSED']);
  expect(held()).toBe(0);
});

test('without a candidate, the owner is told before begin returns', () => {
  const { upstream, told, held } = setUp(({ plan }) => ({
    routes: plan.routes.map(({ handshake }) => ({ handshake, candidates: [] })),
  }));
  expect(upstream.begin()).toBe('started');
  expect(told).toEqual(['unreachable: no WAN has an address of its family']);
  expect(held()).toBe(0);
});

function onWarm() {
  return setUp(({ candidates, loop }) => ({
    takeWarm: () => {
      const [candidate] = candidates;
      if (!candidate) return undefined;
      const { to, mptcp, from, device } = candidate;
      const conn = Conn.connect(loop, { to, mptcp, from, device, congestion: undefined });
      return conn instanceof Conn ? { conn, candidate } : undefined;
    },
  }));
}

test('a connection that was kept ready is left when it turns out to be dead', () => {
  const { accept, drop, read, write, upstream, told, request, counted } = onWarm();
  upstream.begin();
  expect(told).toEqual(['connected']);
  const first = accept();
  drop(first);
  upstream.say();
  const second = accept();
  expect(told).toEqual(['connected', 'connected']);
  upstream.say();
  expect([read(second), request.attempts]).toEqual(['1question', 1]);
  write(second, 'y');
  expect(told.at(-1)).toBe('established: ');
  expect(counted()).toMatchObject({ warmFlows: 1, hedges: 1 });
});

test('but only once', () => {
  const { accept, drop, turn, upstream, told, held } = onWarm();
  upstream.begin();
  drop(accept());
  upstream.say();
  const second = accept();
  upstream.say();
  drop(second);
  turn();
  expect(told).toEqual(['connected', 'connected', expect.stringMatching(/^server-lost: /)]);
  expect(held()).toBe(0);
});
