// An established flow whose WAN dies while it stands on that one alone, against a server that is played by hand.
import { afterEach, expect, test } from 'vitest';
import { close } from '../../linux/libc.ts';
import { connectedPair } from '../../linux/loopback.fixture.ts';
import { playServer, policyWithout } from './played-server.fixture.ts';
import { RouterOpening } from './router-opening.ts';
import type { RouterFront } from './router-opening-plan.ts';
import { contextOf } from '../worker-context.fixture.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const closer of closers.splice(0).reverse()) closer();
});

/** A device has asked, and has the beginning of its answer over the first WAN. */
function setUp(front?: RouterFront) {
  const server = playServer();
  const { accept, loop, read, write } = server;
  const plan = { ...server.plan, ...(front && { front }) };
  const failures: string[] = [];
  const context = contextOf(loop, { fail: (reason, detail) => failures.push(`${reason}: ${detail}`) });
  const [device, client] = connectedPair();
  closers.push(() => {
    for (const flow of context.flows) flow.abort();
    close(device);
    server.close();
  });
  write(device, 'question');
  expect(RouterOpening.open(context, plan, client)).toBe(true);
  const first = accept();
  write(first, 'yanswer');
  expect([read(first), read(device)]).toEqual(['0question', `${front?.accepted().toString() ?? ''}answer`]);
  const move = (dead: string): void => {
    for (const young of plan.young) young.onPolicy(policyWithout(dead).wans);
  };
  return { ...server, plan, context, device, failures, first, move };
}

test('goes on over another WAN, and leaves the first when that has answered', () => {
  const { device, failures, first, accept, move, read, write } = setUp();
  move('wan1');
  const second = accept();
  expect(read(second)).toBe('1question');
  write(first, 'late');
  expect(read(device)).toBe('');
  write(second, 'y, the rest');
  expect(read(device)).toBe(', the rest');
  write(device, 'thanks');
  expect([read(second), read(first), failures]).toEqual(['thanks', '', []]);
});

test('our own answer to a device that asked the SOCKS port is no part of what the server has said', () => {
  const { accept, device, move, points, read, write } = setUp({
    accepted: () => Buffer.from('accepted: '),
    refused: () => undefined,
  });
  move('wan1');
  expect(points).toMatchObject([{ received: 'answer'.length }]);
  write(accept(), 'y, the rest');
  expect(read(device)).toBe(', the rest');
});

test('goes on over the one after it when that dies as well', () => {
  const { device, failures, accept, move, read, write } = setUp();
  move('wan1');
  const second = accept();
  // Two tell of the same.
  move('wan1');
  expect(accept()).toBe(-1);
  move('wan2');
  const third = accept();
  expect([read(second), read(third)]).toEqual(['1question', '2question']);
  write(second, 'y too late');
  write(third, 'y, the rest');
  expect([read(device), failures]).toEqual([', the rest', []]);
});

test.each([
  ['refuses', 'n', 'past that'],
  ['has forgotten', 'again', 'the server has restarted'],
])('stays where it is when the server %s', (_, answer, why) => {
  const { device, failures, first, accept, move, read, write } = setUp();
  move('wan1');
  write(accept(), answer);
  write(first, ', the rest');
  expect([read(device), failures]).toEqual([', the rest', [expect.stringContaining(why)]]);
});

test('its end leaves nothing, also while it goes on', () => {
  const { accept, context, loop, move, plan } = setUp();
  move('wan1');
  accept();
  for (const flow of context.flows) flow.abort();
  expect([plan.young.size, loop.size, loop.timers.size]).toEqual([0, 0, 0]);
});
