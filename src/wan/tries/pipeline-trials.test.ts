// A trial that ends before it has begun does not stand in the way of the next one.
import { afterEach, expect, test } from 'vitest';
import { parseAddress } from '../../base/address.ts';
import { SOCK_NONBLOCK } from '../../linux/constants.ts';
import { close, rawAccept4, rawSend } from '../../linux/libc.ts';
import { listenOnLoopback } from '../../linux/loopback.fixture.ts';
import { Loop } from '../../relay/loop/loop.ts';
import { PipelineTrials } from './pipeline-trials.ts';

const HERE = parseAddress('127.0.0.1');
// RFC 5737: never an address of this host, so binding to it fails at once.
const ELSEWHERE = parseAddress('192.0.2.1');
const LATER_MS = 61_000;
// No login; refused by the target.
const ANSWERS = Buffer.of(5, 0, 5, 5, 0, 1, 0, 0, 0, 0, 0, 0);

const closers: (() => void)[] = [];
afterEach(() => {
  for (const closer of closers.splice(0)) closer();
});

test('the server is tried again after a try that could not even connect', () => {
  const loop = new Loop();
  const { fd: listener, at: to } = listenOnLoopback({ backlog: 1 });
  closers.push(() => {
    close(listener);
    loop.close();
  });
  const told: [string, boolean][] = [];
  const trials = new PipelineTrials(loop, (server, isTaken) => told.push([server, isTaken]));
  const path = (from: typeof HERE) => ({
    health: 'up' as const,
    spec: {
      wan: 'a',
      device: 'lo',
      from,
      to,
      server: {
        label: 'proxy',
        protocol: { transport: 'socks5', login: undefined, pipelined: 'auto' } as const,
      },
    },
  });
  trials.tick([path(ELSEWHERE)]);
  loop.nowMs += LATER_MS;
  trials.tick([path(HERE)]);
  let accepted = -1;
  for (let i = 0; i < 2000 && told.length === 0; i++) {
    loop.round(1);
    if (accepted >= 0) continue;
    accepted = rawAccept4(listener, null, null, SOCK_NONBLOCK);
    if (accepted < 0) continue;
    rawSend(accepted, ANSWERS, ANSWERS.length, 0);
    const fd = accepted;
    closers.unshift(() => close(fd));
  }
  expect(told).toEqual([['proxy', true]]);
});
