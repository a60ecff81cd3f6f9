// A hello without a target to a server that is played by hand.
import { afterEach, expect, test } from 'vitest';
import { playServer } from '../../relay/router/played-server.fixture.ts';
import { HelloProbe } from './hello-probe.ts';
import type { HelloResult } from './hello-result.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const closer of closers.splice(0).reverse()) closer();
});

function setUp({ asks = true } = {}) {
  const server = playServer();
  const [path] = server.candidates;
  const told: HelloResult[] = [];
  const handshake = asks ? server.plan.routes[0].handshake : undefined;
  const probe = new HelloProbe(server.loop, path as never, false, handshake, (result) => told.push(result));
  closers.push(server.close, () => probe.abort());
  return { server, probe, told };
}

const connected = (answer: object) => [
  { kind: 'connected', connectMs: expect.any(Number), isMptcp: false, answer },
];

test.each([
  ['y', { kind: 'proved' }],
  ['n', { kind: 'refused', reason: 'not-authorized', detail: 'past that' }],
])('an answer "%s" is told', (answer, expected) => {
  const { server, probe, told } = setUp();
  probe.start();
  const fd = server.accept();
  expect([server.read(fd), told]).toEqual(['0', []]);
  server.write(fd, answer);
  expect(told).toEqual(connected(expected));
  expect([server.loop.size, server.loop.timers.size]).toEqual([0, 0]);
});

test('a server that wants to be asked again is, over a new connection, but not for ever', () => {
  const { server, probe, told } = setUp();
  probe.start();
  for (let asked = 0; asked < 3; asked++) {
    const fd = server.accept();
    expect([server.read(fd), told]).toEqual(['0', []]);
    server.write(fd, 'again');
  }
  expect(told).toEqual(connected({ kind: 'refused', reason: 'clock', detail: 'one cookie after the other' }));
});

test('a server that hangs up before it has answered is not a server that refuses', () => {
  const { server, probe, told } = setUp();
  probe.start();
  server.drop(server.accept());
  server.turn();
  expect(told).toEqual(connected({ kind: 'closed' }));
});

test('where nothing can be asked, to be connected is all', () => {
  const { server, probe, told } = setUp({ asks: false });
  probe.start();
  server.accept();
  expect(told).toEqual(connected({ kind: 'connected' }));
});

test('a port at which nobody listens refuses', () => {
  const { server, probe, told } = setUp();
  server.leave();
  probe.start();
  server.turn();
  expect(told).toEqual([{ kind: 'no-connection', why: 'refused', errno: 'ECONNREFUSED' }]);
});
