// A flow that was moved from a dead WAN before its reply, against a server that is played by hand.
import { afterEach, expect, test } from 'vitest';
import { parseAddress } from '../../base/address.ts';
import { SOCK_NONBLOCK } from '../../linux/constants.ts';
import { close, rawAccept4, rawRecv, rawSend } from '../../linux/libc.ts';
import { closeWithReset } from '../../linux/sockets.ts';
import type { ClientHandshake } from '../../transport/handshake.ts';
import { FastOpenTrials } from './fast-open-trials.ts';
import { connectedPair, listenOnLoopback } from '../../linux/loopback.fixture.ts';
import { Loop } from '../loop/loop.ts';
import { RouterOpening } from './router-opening.ts';
import type { Candidate, RouterPolicy } from './router-policy.ts';
import { contextOf } from '../worker-context.fixture.ts';

const HERE = parseAddress('127.0.0.1');
const TARGET = { address: parseAddress('192.0.2.1'), port: 80 };
const SETTINGS = {
  connectTimeoutMs: 5000,
  handshakeTimeoutMs: 5000,
  earlyDataWaitMs: 0,
  warmMost: 0,
  congestion: { usual: undefined, lossy: undefined },
};
const closers: (() => void)[] = [];
afterEach(() => {
  for (const closer of closers.splice(0).reverse()) closer();
});

/** Says `0` and the device's bytes, or the number of the attempt; is answered by `y` or `n`. */
function handshake(attempt: number): ClientHandshake {
  return {
    hello: (early) => Buffer.concat([Buffer.from(String(attempt)), early]),
    receive: (bytes) => {
      const answer = Buffer.from(bytes).toString()[0];
      if (answer === 'y') return { kind: 'established', consumed: 1, families: undefined };
      if (answer === 'n')
        return { kind: 'refused', reason: 'not-authorized', detail: 'past that', retryAfterS: undefined };
      return { kind: 'more' };
    },
    resume: (point) => handshake(point.attempt),
  };
}

function policy(silent: string): RouterPolicy {
  const wans = ['wan1', 'wan2'].map((name) => ({
    name,
    interface: 'lo',
    sources: [HERE],
    share: 1,
    isSilent: name === silent,
    mayFastOpen: false,
    hedgeDelayMs: 1000,
  }));
  const server = {
    label: 'server',
    addresses: [],
    protocol: { transport: 'convert' },
    takesPipelined: undefined,
  };
  return {
    wans,
    hints: { isLossy: false },
    upstream: { transport: 'servers', servers: [server as never] },
    directWithoutServer: false,
    own: [],
  };
}

function setUp() {
  const { fd: listener, at: to } = listenOnLoopback({ backlog: 4 });
  const loop = new Loop();
  const failures: string[] = [];
  const context = contextOf(loop, { fail: (reason, detail) => failures.push(`${reason}: ${detail}`) });
  const [device, client] = connectedPair();
  const fds: number[] = [listener, device];
  closers.push(() => {
    for (const opening of context.openings) opening.abort();
    for (const flow of context.flows) flow.abort();
    for (const fd of fds) close(fd);
    loop.close();
  });
  const candidates = ['wan1', 'wan2'].map(
    (wan): Candidate => ({
      wan,
      device: 'lo',
      from: HERE,
      to,
      mptcp: false,
      server: 'server',
      hedgeDelayMs: 1000,
    }),
  );
  const turn = (): void => {
    for (let i = 0; i < 5; i++) loop.round(5);
  };
  const read = (fd: number): string => {
    const buffer = Buffer.alloc(100);
    return buffer.toString('latin1', 0, Math.max(0, rawRecv(fd, buffer, buffer.length, 0)));
  };
  const write = (fd: number, text: string): void => {
    rawSend(fd, Buffer.from(text), text.length, 0);
    turn();
  };
  write(device, 'question');
  const plan = {
    target: TARGET,
    hints: { isLossy: false },
    routes: [{ candidates, handshake: handshake(0) }],
    young: new Set<never>(),
    fastOpen: new FastOpenTrials(() => undefined),
  };
  expect(RouterOpening.open(context, SETTINGS, plan, client)).toBe(true);
  const accept = (): number => {
    turn();
    const fd = rawAccept4(listener, null, null, SOCK_NONBLOCK);
    fds.push(fd);
    return fd;
  };
  const move = (from = 'wan1'): void => {
    for (const opening of context.openings) opening.onPolicy?.(policy(from));
  };
  return {
    device,
    failures,
    accept,
    move,
    read,
    write,
    turn,
    drop: (fd: number) => closeWithReset(fds.splice(fds.indexOf(fd), 1)[0] as number),
  };
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
