// A flow that was moved from a dead WAN before its reply, against a server that is played by hand.
import { afterEach, expect, test } from 'vitest';
import { close } from '../../linux/libc.ts';
import { connectedPair } from '../../linux/loopback.fixture.ts';
import { playServer, policyWithout } from './played-server.fixture.ts';
import { RouterOpening } from './router-opening.ts';
import { contextOf } from '../worker-context.fixture.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const closer of closers.splice(0).reverse()) closer();
});

function setUp() {
  const server = playServer();
  const failures: string[] = [];
  const context = contextOf(server.loop, { fail: (reason, detail) => failures.push(`${reason}: ${detail}`) });
  const [device, client] = connectedPair();
  closers.push(() => {
    for (const opening of context.openings) opening.abort();
    for (const flow of context.flows) flow.abort();
    close(device);
    server.close();
  });
  server.write(device, 'question');
  expect(RouterOpening.open(context, server.plan, client)).toBe(true);
  const move = (from = 'wan1'): void => {
    for (const opening of context.openings) opening.onPolicy?.(policyWithout(from));
  };
  return { ...server, device, failures, move };
}

test('whom the server cannot serve again over another WAN goes back to the reply of the first', () => {
  const { device, failures, accept, move, read, write } = setUp();
  const first = accept();
  expect(read(first)).toBe('0question');
  move();
  const second = accept();
  expect(read(second)).toBe('1question');
  write(device, ' and more');
  expect(read(second)).toBe(' and more');
  // The reply has got through after all, and that is why the server refuses.
  write(first, 'yanswer');
  expect(read(device)).toBe('');
  write(second, 'n');
  expect(read(device)).toBe('answer');
  expect(read(first)).toBe(' and more');
  write(first, '!');
  expect(read(device)).toBe('!');
  expect(failures).toEqual([]);
});

test('waits for the reply on the first, when it is not there yet', () => {
  const { device, accept, move, read, write } = setUp();
  const first = accept();
  move();
  write(accept(), 'n');
  write(first, 'yanswer');
  expect(read(device)).toBe('answer');
});

test('is told when the first is gone', () => {
  const { failures, accept, move, write, drop } = setUp();
  const first = accept();
  move();
  const second = accept();
  drop(first);
  write(second, 'n');
  expect(failures).toEqual([expect.stringContaining('the WAN died before the reply')]);
});

test.each(['lost', 'silent'])('goes back past a second one that is %s', (second) => {
  const { device, failures, accept, move, read, write, drop } = setUp();
  const first = accept();
  move('wan1');
  const between = accept();
  move('wan2');
  const last = accept();
  if (second === 'lost') drop(between);
  write(first, 'yanswer');
  write(last, 'n');
  expect(read(device)).toBe('answer');
  expect(failures).toEqual([]);
});
