// SOCKS 5 by the bytes of its RFCs, and both ends against each other: pipelined or not, with and without a login.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../base/address.ts';
import type { FailureReason } from '../failure.ts';
import type { ClientStep, ServerHandshake, ServerStep } from '../handshake.ts';
import { encodeTarget } from '../socks-address.ts';
import { createSocks5Client } from './client.ts';
import { createSocks5Server } from './server.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const TARGET = { address: parseAddress('192.0.2.7'), port: 443 };
const TARGET6 = { address: parseAddress('2001:db8::7'), port: 80 };
const EARLY = Buffer.from('first bytes');
const NONE = Buffer.alloc(0);
const LOGIN = { user: 'anna', password: 'geheim' };
const USERS = [
  { name: LOGIN.user, password: LOGIN.password },
  { name: 'bob', password: 'other' },
];
const REQUEST = '05 01 00 01 c0000207 01bb';

describe('the client', () => {
  test('one step after the other, without a login', () => {
    const flow = createSocks5Client({ login: undefined, isPipelined: false }).start(TARGET);
    expect(flow.holdsEarly).toBe(true);
    expect(flow.hello(EARLY)).toEqual(hex('05 01 00'));
    expect(flow.receive(hex('05'))).toEqual({ kind: 'more' });
    expect(flow.receive(hex('05 00'))).toEqual({ kind: 'send', bytes: hex(REQUEST) });
    expect(flow.receive(hex('05 00 05 00 00 01 00000000'))).toEqual({ kind: 'more' });
    expect(flow.receive(hex('05 00 05 00 00 01 00000000 0000 aa'))).toEqual({
      kind: 'established',
      consumed: 12,
      families: undefined,
    });
  });

  test('pipelined, with a login, everything leaves at once; a bound address of any type is passed over', () => {
    const flow = createSocks5Client({ login: LOGIN, isPipelined: true }).start(TARGET6);
    const request = `05 01 00 04 20010db8000000000000000000000007 0050`;
    expect(flow.hello(EARLY)).toEqual(
      Buffer.concat([hex(`05 01 02 01 04 616e6e61 06 67656865696d ${request}`), EARLY]),
    );
    expect(flow.receive(hex('05 02 01 00'))).toEqual({ kind: 'more' });
    expect(flow.receive(hex('05 02 01 00 05 00 00 03 02 6162 0016'))).toMatchObject({
      kind: 'established',
      consumed: 13,
    });
  });

  test.each([
    ['05 ff', 'not-authorized'],
    ['05 02', 'not-authorized'],
    ['04 00', 'malformed'],
    ['48 54', 'malformed'],
    ['05 00 04 00 00', 'malformed'],
    ['05 00 05 00 00 07', 'malformed'],
    ['05 00 05 01 00', 'resource'],
    ['05 00 05 02 00', 'egress-denied'],
    ['05 00 05 03 00', 'unreachable'],
    ['05 00 05 04 00', 'unreachable'],
    ['05 00 05 05 00', 'refused-by-target'],
    ['05 00 05 06 00', 'timeout'],
    ['05 00 05 07 00', 'unsupported'],
    ['05 00 05 08 00', 'unsupported'],
  ])('an answer of %s is %s', (answer, reason) => {
    const flow = createSocks5Client({ login: undefined, isPipelined: true }).start(TARGET);
    flow.hello(NONE);
    expect(flow.receive(hex(answer))).toMatchObject({ kind: 'refused', reason });
  });

  test('a refused login', () => {
    const flow = createSocks5Client({ login: LOGIN, isPipelined: true }).start(TARGET);
    flow.hello(NONE);
    expect(flow.receive(hex('05 02 01 01'))).toMatchObject({ kind: 'refused', reason: 'not-authorized' });
  });
});

/** The step that ends what the server says to these bytes, and what it sends before. */
function serve(server: ServerHandshake, bytes: Buffer): { last: ServerStep; sent: Buffer } {
  const sent: Buffer[] = [];
  for (;;) {
    const last = server.receive(bytes);
    if (last.kind !== 'send') return { last, sent: Buffer.concat(sent) };
    sent.push(last.bytes);
  }
}

const open = () => createSocks5Server({ users: undefined }).start();
const closed = () => createSocks5Server({ users: USERS }).start();

describe('the server', () => {
  test('takes a target by address or name, and answers as the RFC has it', () => {
    const { last, sent } = serve(open(), hex(`05 02 02 00 ${REQUEST} aabb`));
    expect(sent).toEqual(hex('05 00'));
    if (last.kind !== 'dial') throw new Error(last.kind);
    expect(last).toMatchObject({ target: TARGET, who: 'a SOCKS client', consumed: 14 });
    expect(last.accept(undefined)).toEqual(hex('05 00 00 01 00000000 0000'));
    const named = serve(
      open(),
      Buffer.concat([hex('05 01 00 05 01 00'), encodeTarget({ name: 'a.example', port: 25 })]),
    );
    expect(named.last).toMatchObject({ kind: 'dial', target: { name: 'a.example', port: 25 } });
  });

  test.each<[FailureReason, number]>([
    ['refused-by-target', 5],
    ['unreachable', 4],
    ['timeout', 6],
    ['egress-denied', 2],
    ['resource', 1],
  ])('a failure of %s is code %i', (reason, code) => {
    const { last } = serve(open(), hex(`05 01 00 ${REQUEST}`));
    if (last.kind !== 'dial') throw new Error(last.kind);
    expect(last.refuse(reason)?.[1]).toBe(code);
  });

  test.each([
    ['another version', '04 01 01bb c0000207 00', { kind: 'reset', reason: 'malformed' }],
    [
      'nothing that is good enough',
      '05 01 01',
      { kind: 'reply', bytes: hex('05 ff'), reason: 'not-authorized' },
    ],
    ['BIND', '05 01 00 05 02 00 01 c0000207 01bb', { kind: 'reply', reason: 'unsupported' }],
    ['UDP ASSOCIATE', '05 01 00 05 03 00 01 c0000207 01bb', { kind: 'reply', reason: 'unsupported' }],
    ['an unknown address type', '05 01 00 05 01 00 02', { kind: 'reply', reason: 'unsupported' }],
    ['an empty name', '05 01 00 05 01 00 03 00', { kind: 'reply', reason: 'unsupported' }],
  ])('refuses %s', (_, bytes, step) => {
    expect(serve(open(), hex(bytes)).last).toMatchObject(step);
  });

  test.each([
    ['no login', '05 01 00', '05 ff'],
    ['a wrong password', '05 01 02 01 04 616e6e61 06 67656865696e', '01 01'],
    ["another user's password", '05 01 02 01 03 626f62 06 67656865696d', '01 01'],
    ['an unknown user', '05 01 02 01 03 657665 00', '01 01'],
  ])('with users, refuses %s', (_, bytes, answer) => {
    expect(serve(closed(), hex(bytes)).last).toMatchObject({
      kind: 'reply',
      bytes: hex(answer),
      reason: 'not-authorized',
    });
  });
});

test('both ends meet, however the bytes are split', () => {
  const cases = fc.record({
    login: fc.constantFrom(undefined, LOGIN),
    isPipelined: fc.boolean(),
    target: fc.constantFrom(TARGET, TARGET6),
    step: fc.integer({ min: 1, max: 9 }),
  });
  fc.assert(
    fc.property(cases, ({ login, isPipelined, target, step }) => {
      const flow = createSocks5Client({ login, isPipelined }).start(target);
      const server = login ? closed() : open();
      let toServer = flow.hello(EARLY);
      let toClient = NONE;
      let dial: ServerStep | undefined;
      let answered: ClientStep = { kind: 'more' };
      for (let seen = 0; seen < toServer.length && !dial; ) {
        seen = Math.min(toServer.length, seen + step);
        const { last, sent } = serve(server, toServer.subarray(0, seen));
        const from = toClient.length;
        toClient = Buffer.concat([toClient, sent]);
        if (last.kind === 'dial') {
          dial = last;
          toClient = Buffer.concat([toClient, last.accept(undefined), Buffer.from('answer')]);
        }
        for (let upTo = from + 1; upTo <= toClient.length && answered.kind !== 'established'; upTo++) {
          answered = flow.receive(toClient.subarray(0, upTo));
          if (answered.kind === 'send') toServer = Buffer.concat([toServer, answered.bytes]);
        }
      }
      expect(dial).toMatchObject({ target, who: login ? 'user anna' : 'a SOCKS client' });
      if (dial?.kind !== 'dial' || answered.kind !== 'established') throw new Error(answered.kind);
      expect(toServer.subarray(dial.consumed).toString()).toBe(isPipelined ? EARLY.toString() : '');
      expect(toClient.subarray(answered.consumed).toString()).toBe('answer');
    }),
  );
});
