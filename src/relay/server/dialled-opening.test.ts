// A proved request whose target is connected, or not, by hand.
import { afterEach, expect, test } from 'vitest';
import { close, rawSend } from '../../linux/libc.ts';
import { connectedPair, dataSegmentsIn } from '../../linux/loopback.fixture.ts';
import { closeWithReset } from '../../linux/sockets.ts';
import { NO_SPARE_FD } from '../../linux/spare-fd.ts';
import type { Answers, DialStep } from '../../transport/handshake.ts';
import { Conn } from '../loop/conn.ts';
import { DialledOpening } from './dialled-opening.ts';
import { DIAL, playClients, rulesWith } from './played-client.fixture.ts';
import type { Roster } from '../roster.ts';
import type { Arrival, Resumable } from './resumables.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const closer of closers.splice(0).reverse()) closer();
});

const answers = (name: string): Answers => ({
  accept: () => Buffer.from(`${name} accepts;`),
  refuse: (reason) => Buffer.from(`${name} refuses: ${reason}`),
});

/** An opening whose target's name is being looked up, with `first` behind its request. */
function setUp(step: Partial<DialStep> = {}, connectTimeoutMs = 5000, first = 'question') {
  const played = playClients();
  const { loop, context } = played;
  closers.push(played.close);
  /** Its other end is the test's. */
  const connection = (): { fd: number; conn: Conn } => {
    const [fd, inner] = played.connect();
    return { fd, conn: Conn.watch(loop, inner, false) as Conn };
  };
  let proved = 0;
  const begin = {
    spareFd: NO_SPARE_FD,
    rules: rulesWith({ connectTimeoutMs }),
    onProved: () => void proved++,
  };
  const client = connection();
  const whole: DialStep = { ...DIAL, ...answers('first'), ...step };
  DialledOpening.start(context, begin, client.conn, whole, Buffer.from(first));
  const [opening] = context.openings as Roster<DialledOpening>;
  return { ...played, connection, client, opening: opening as DialledOpening, proved: () => proved };
}

test('the client gets its answer and the target what came behind the request', () => {
  const { context, connection, client, opening, read, proved } = setUp();
  expect(proved()).toBe(1);
  const target = connection();
  opening.onConnect(target.conn);
  expect([read(client.fd), read(target.fd)]).toEqual(['first accepts;', 'question']);
  expect([context.openings.size, context.flows.size, context.loop.timers.size]).toEqual([0, 1, 0]);
});

test('a target that is silent does not hold the answer up', () => {
  const { connection, client, opening, peek, loop } = setUp();
  opening.onConnect(connection().conn);
  expect(peek(client.fd)).toBe('');
  loop.round(0);
  loop.round(0);
  expect([peek(client.fd), dataSegmentsIn(client.fd)]).toEqual(['first accepts;', 1]);
});

test('where the client has asked nothing yet, the answer goes at once', () => {
  const { connection, client, opening, peek, loop } = setUp({}, 5000, '');
  loop.round(0);
  opening.onConnect(connection().conn);
  expect(peek(client.fd)).toBe('first accepts;');
});

test('what a target says at once leaves with the answer, in one segment', () => {
  const { connection, client, opening, peek, loop } = setUp();
  const target = connection();
  opening.onConnect(target.conn);
  loop.round(0);
  rawSend(target.fd, Buffer.from('right'), 5, 0);
  loop.round(0);
  expect([peek(client.fd), dataSegmentsIn(client.fd)]).toEqual(['first accepts;right', 1]);
});

test('so does what a target says without being asked', () => {
  const { connection, client, opening, peek, context, loop } = setUp(RESUMABLE, 5000, '');
  const target = connection();
  rawSend(target.fd, Buffer.from('hello'), 5, 0);
  loop.round(0);
  opening.onConnect(target.conn);
  expect([peek(client.fd), dataSegmentsIn(client.fd)]).toEqual(['first accepts;hello', 1]);
  // The answer is no part of the stream.
  expect([...context.flows].map(({ movedBytes }) => movedBytes)).toEqual([5]);
});

test('a target that ends or resets without a word has been answered for', () => {
  for (const end of [close, closeWithReset]) {
    const { client, opening, peek, loop } = setUp();
    const [target, inner] = connectedPair();
    opening.onConnect(Conn.watch(loop, inner, false) as Conn);
    end(target);
    for (let i = 0; i < 3; i++) loop.round(0);
    expect(peek(client.fd)).toBe('first accepts;');
  }
});

test('who comes back before the answer has left gets its own alone', () => {
  const { context, connection, client, opening, peek, loop } = setUp(RESUMABLE);
  opening.onConnect(connection().conn);
  const second = connection();
  expect(context.resumables.resume(second.conn, arrival(1), answers('second'))).toBe(true);
  for (let i = 0; i < 3; i++) loop.round(0);
  expect([peek(second.fd), peek(client.fd)]).toEqual(['second accepts;', 'reset']);
});

test('a stranger counts as one until the target has answered', () => {
  const { connection, opening, proved } = setUp({ isStranger: true });
  expect(proved()).toBe(0);
  opening.onConnect(connection().conn);
  expect(proved()).toBe(1);
});

test('a stranger that is refused counts as one until its connection is gone', () => {
  const { client, opening, read, proved, context } = setUp({ isStranger: true });
  opening.onRefused('unreachable', 'no route');
  expect([read(client.fd), proved()]).toEqual(['first refuses: unreachable', 0]);
  for (const refusal of context.openings) refusal.abort();
  expect(proved()).toBe(1);
});

test('who can be told nothing is reset', () => {
  const { client, opening, read, failures, loop } = setUp({ refuse: () => undefined });
  opening.onRefused('unreachable', 'no route');
  expect([read(client.fd), failures, loop.size]).toEqual(['reset', ['unreachable: key one, : no route'], 0]);
});

test('a target that does not answer is given up', () => {
  const { client, read, failures } = setUp({}, 20);
  let told = '';
  for (let i = 0; i < 200 && told === ''; i++) told = read(client.fd);
  expect(told).toBe('first refuses: timeout');
  expect(failures).toEqual([expect.stringContaining('no answer from the target')]);
});

test('a client that resets ends it', () => {
  const { client, opening, failures, loop } = setUp();
  client.conn.broken = true;
  opening.onReady();
  opening.onReady();
  expect([failures, loop.size, loop.timers.size]).toEqual([['client-gone: reset by the router'], 0, 0]);
});

const RESUMABLE = { resumable: { flowId: 'flow', attempt: 0 } };

function arrival(attempt: number, isAnswered = false): Arrival {
  return {
    fd: -1,
    flowId: 'flow',
    point: { attempt, isAnswered, from: 0, received: 0 },
    request: { keyId: 1, target: { address: new Uint8Array(16), port: 80 }, tag: new Uint8Array() },
    first: Buffer.from('again'),
  };
}

test('another connection takes the place of the first, and is answered by its own answers', () => {
  const { context, connection, client, opening, read } = setUp(RESUMABLE);
  const [second, target] = [connection(), connection()];
  expect(context.resumables.resume(second.conn, arrival(1), answers('second'))).toBe(true);
  expect(read(client.fd)).toBe('reset');
  opening.onConnect(target.conn);
  expect([read(second.fd), read(target.fd)]).toEqual(['second accepts;', 'again']);
  // The flow is past its first hello.
  const taker: Resumable = opening;
  expect(taker.resume(connection().conn, arrival(2, true), answers('third'))).toBe(false);
});

test('a refusal is for the one that asked last', () => {
  const { context, connection, opening, read } = setUp(RESUMABLE);
  const second = connection();
  context.resumables.resume(second.conn, arrival(1), answers('second'));
  opening.onRefused('unreachable', 'no route');
  expect(read(second.fd)).toBe('second refuses: unreachable');
  expect(context.resumables.resume(connection().conn, arrival(2), answers('third'))).toBe(false);
});

test('the answer waits for the end of the handshake of its connection', () => {
  const { connection, client, opening, read, context } = setUp();
  client.conn.isHalfOpen = true;
  const target = connection();
  opening.onConnect(target.conn);
  expect([context.openings.size, context.flows.size]).toEqual([1, 0]);
  client.conn.isHalfOpen = false;
  opening.onReady();
  expect(read(client.fd)).toBe('first accepts;');
});

test('a target that was there before the client is reset with it', () => {
  const { connection, client, opening, read, loop } = setUp();
  client.conn.isHalfOpen = true;
  const target = connection();
  opening.onConnect(target.conn);
  opening.abort();
  expect([read(target.fd), read(client.fd), loop.size]).toEqual(['reset', 'reset', 0]);
});
