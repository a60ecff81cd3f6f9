import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  answerOf,
  expectDial,
  KEY_ID,
  KEY_NAME,
  NOTHING,
  OTHER_PSK,
  Pair,
  SERVER_ID,
  TARGET,
} from '../../../test/convert-pair.ts';
import { parseAddress } from '../../base/address.ts';
import { WanbondError } from '../../base/error.ts';
import { FAILURE_REASONS } from '../failure.ts';
import { createConvertClient } from './client.ts';
import { attachReplayWindow } from './replay.ts';

// Computed with another implementation of HMAC and HKDF.
const HELLO =
  '011222630a0501bb00000000000000000000ffffc0000201' +
  'c00c0100000000070000018bcfe56800a0a1a2a3a4a5a6a7a8a9aaabacadaeaf58c36460912d2e65a31b04103e678783';
const REPLY = '01062263c10501033ff2b7e9c5739d7c04579289b0fce70b';
const COOKIE = '0000018bcfe652600000018bcfe6c790ea297a58329b58af3f94d186c27e16f8';

const EARLY = Buffer.from('GET / HTTP/1.1\r\n\r\n');

function flipped(bytes: Buffer, bit: number): Buffer {
  const out = Buffer.from(bytes);
  out[bit >> 3] = (out[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return out;
}

describe('a good handshake', () => {
  it('has the bytes of the vectors', () => {
    const pair = new Pair();
    const flow = pair.client.start(TARGET);
    const hello = flow.hello(EARLY);
    expect(hello.subarray(0, 72).toString('hex')).toBe(HELLO);
    expect(hello.subarray(72)).toEqual(EARLY);
    const step = expectDial(pair.serve(hello));
    expect(step).toMatchObject({ target: TARGET, keyId: KEY_ID, who: KEY_NAME, consumed: 72 });
    const reply = step.accept({ v4: true, v6: true });
    expect(reply.toString('hex')).toBe(REPLY);
    const families = { v4: true, v6: true };
    expect(flow.receive(reply)).toEqual({ kind: 'established', consumed: 24, families });
  });

  it('tells the server that the paths lose packets', () => {
    const pair = new Pair();
    const isLossy = (hints?: { isLossy: boolean }) =>
      expectDial(pair.serve(pair.client.start(TARGET, hints).hello(NOTHING))).hints.isLossy;
    expect(isLossy({ isLossy: true })).toBe(true);
    expect(isLossy({ isLossy: false })).toBe(false);
    expect(isLossy()).toBe(false);
  });

  it('proves the key on both sides without a target, too', () => {
    const question = new Pair();
    const asking = question.client.ask();
    const served = question.serve(asking.hello(NOTHING));
    expect(served).toMatchObject({ kind: 'reply', reason: undefined });
    expect(asking.receive(answerOf(served))).toMatchObject({ kind: 'established', families: undefined });

    const late = new Pair({ clientAheadMs: -60_000 });
    const retried = late.client.ask();
    expect(retried.receive(answerOf(late.serve(retried.hello(NOTHING))))).toEqual({ kind: 'retry' });
    expect(late.client.clockOffsetMs).toBeCloseTo(60_000, -2);
    const again = answerOf(late.serve(retried.hello(NOTHING)));
    expect(retried.receive(again)).toMatchObject({ kind: 'established' });

    const stranger = new Pair({ psk: OTHER_PSK });
    const refused = stranger.client.ask();
    const answer = answerOf(stranger.serve(refused.hello(NOTHING)));
    expect(refused.receive(answer)).toMatchObject({ kind: 'refused', reason: 'not-authorized' });
  });

  it('sends the cookie of the vectors to a clock that is off', () => {
    const pair = new Pair();
    pair.serverClock.ms += 60_000;
    const answer = answerOf(pair.serve(pair.client.start(TARGET).hello(NOTHING)));
    expect(answer.toString('hex')).toContain(`1e090300${COOKIE}`);
  });

  it('carries any target and early data, in any split', () => {
    const target = fc
      .tuple(fc.uint8Array({ minLength: 15, maxLength: 15 }), fc.integer({ min: 1, max: 0xffff }))
      .map(([rest, port]) => ({ address: Uint8Array.of(0x20, ...rest), port }));
    fc.assert(
      fc.property(
        target,
        fc.uint8Array({ maxLength: 3000 }),
        fc.nat(72),
        fc.nat(24),
        (to, early, cut, back) => {
          const pair = new Pair();
          const flow = pair.client.start(to);
          const hello = flow.hello(early);
          const handshake = pair.server.start();
          if (cut < 72) expect(handshake.receive(hello.subarray(0, cut)).kind).toBe('more');
          const step = expectDial(handshake.receive(hello));
          expect(step.target).toEqual(to);
          expect(hello.subarray(step.consumed)).toEqual(Buffer.from(early));
          const stream = Buffer.concat([step.accept(undefined), early]);
          if (back < 24) expect(flow.receive(stream.subarray(0, back)).kind).toBe('more');
          const established = { kind: 'established', consumed: 24, families: undefined };
          expect(flow.receive(stream)).toEqual(established);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('answers for the right flow when the buffer is used again', () => {
    const pair = new Pair();
    const flow = pair.client.start(TARGET);
    const shared = flow.hello(NOTHING);
    const step = expectDial(pair.serve(shared));
    shared.fill(0xee);
    expect(flow.receive(step.accept({ v4: true, v6: false }))).toMatchObject({
      kind: 'established',
      families: { v4: true, v6: false },
    });
  });
});

describe('a hello that is not right', () => {
  it('is waited for when cut, at every byte', () => {
    const pair = new Pair();
    const hello = pair.client.start(TARGET).hello(NOTHING);
    for (let n = 0; n < hello.length; n++) expect(pair.serve(hello.subarray(0, n)).kind).toBe('more');
    expect(pair.serve(hello).kind).toBe('dial');
  });

  it('is never dialled with any bit flipped', () => {
    const pair = new Pair();
    const hello = pair.client.start(TARGET).hello(Buffer.alloc(1024));
    for (let bit = 0; bit < 72 * 8; bit++) {
      expect(['reply', 'reset']).toContain(pair.serve(flipped(hello, bit)).kind);
    }
    expect(pair.serve(hello).kind).toBe('dial');
  });

  it('is refused the second time, at any worker', () => {
    const pair = new Pair();
    const other = pair.attach(attachReplayWindow(pair.replay.buffer));
    const hello = pair.client.start(TARGET).hello(EARLY);
    expect(pair.serve(hello).kind).toBe('dial');
    for (const server of [pair.server, other]) {
      const step = server.start().receive(hello);
      expect(step).toMatchObject({ kind: 'reply', reason: 'replayed' });
      expect(answerOf(step).toString('hex')).toBe('010222631e012000');
    }
  });

  it('stays refused for as long as its time is good', () => {
    const pair = new Pair({ clientAheadMs: 1000 });
    const hello = pair.client.start(TARGET).hello(NOTHING);
    expect(pair.serve(hello).kind).toBe('dial');
    for (let i = 0; i < 200; i++) {
      pair.tick(500);
      expect(pair.serve(hello).kind).toBe('reply');
    }
  });

  it.each([
    ['a wrong key', { psk: OTHER_PSK }],
    ['an unknown key id', { keyId: 8 }],
  ])('gets the same answer for %s', (_name, options) => {
    const pair = new Pair(options);
    const flow = pair.client.start(TARGET);
    const step = pair.serve(flow.hello(NOTHING));
    expect(step).toMatchObject({ kind: 'reply', reason: 'not-authorized' });
    expect(answerOf(step).toString('hex')).toBe('010222631e012000');
    expect(flow.receive(answerOf(step))).toMatchObject({ kind: 'refused', reason: 'not-authorized' });
  });

  it('is told when the nonce set is full', () => {
    const pair = new Pair({ capacity: 64 });
    for (let i = 0; i < 64; i++) expect(pair.open().step.kind).toBe('established');
    expect(pair.open().step).toMatchObject({ kind: 'refused', reason: 'resource', retryAfterS: 10 });
    pair.tick(61_000);
    expect(pair.open().step.kind).toBe('established');
  });

  it.each(['127.0.0.1', '0.0.0.0', '224.0.0.1', '255.255.255.255', '::', '::1', 'ff02::1'])(
    'names no unicast target: %s',
    (text) => {
      const pair = new Pair();
      const flow = pair.client.start({ address: parseAddress(text), port: 80 });
      const step = pair.serve(flow.hello(NOTHING));
      expect(step).toMatchObject({ kind: 'reply', reason: 'malformed' });
      expect(flow.receive(answerOf(step))).toMatchObject({ kind: 'refused', reason: 'malformed' });
    },
  );
});

describe('a refusal', () => {
  it.each([
    'refused-by-target',
    'unreachable',
    'timeout',
    'egress-denied',
    'not-authorized',
    'malformed',
    'unsupported',
    'resource',
  ] as const)('%s arrives as it was sent, over both families', (reason) => {
    for (const text of ['192.0.2.1', '2001:db8::1']) {
      const pair = new Pair();
      const flow = pair.client.start({ address: parseAddress(text), port: 80 });
      const answer = expectDial(pair.serve(flow.hello(NOTHING))).refuse(reason) as Buffer;
      expect(flow.receive(answer)).toMatchObject({ kind: 'refused', reason, retryAfterS: undefined });
    }
  });

  it('can be written for every reason', () => {
    for (const reason of FAILURE_REASONS) {
      const pair = new Pair();
      const flow = pair.client.start(TARGET);
      const answer = expectDial(pair.serve(flow.hello(NOTHING))).refuse(reason) as Buffer;
      expect(flow.receive(answer).kind).toBe('refused');
    }
  });

  it.each([
    ['01012263', 'server-reply-unauthenticated'],
    ['010222631e014009', 'server-reply-unauthenticated'],
    ['010222631e016000', 'server-reply-unauthenticated'],
    ['010222631e010001', 'unsupported'],
    ['010222631e010200', 'unsupported'],
    ['010222631e012000', 'not-authorized'],
    ['02012263', 'unsupported'],
    ['01002263', 'malformed'],
    ['48545450', 'malformed'],
    ['010222631e000000', 'malformed'],
  ])('without a tag: %s', (text, reason) => {
    const flow = new Pair().client.start(TARGET);
    flow.hello(NOTHING);
    expect(flow.receive(Buffer.from(text, 'hex'))).toMatchObject({
      kind: 'refused',
      reason,
      retryAfterS: undefined,
    });
  });
});

describe('a reply', () => {
  it('is never believed with any bit flipped', () => {
    const pair = new Pair();
    const flow = pair.client.start(TARGET);
    const reply = Buffer.concat([
      expectDial(pair.serve(flow.hello(NOTHING))).accept({ v4: true, v6: true }),
      Buffer.alloc(1024),
    ]);
    for (let bit = 0; bit < 24 * 8; bit++) expect(flow.receive(flipped(reply, bit)).kind).toBe('refused');
    expect(flow.receive(reply).kind).toBe('established');
  });

  it('is waited for when cut, at every byte', () => {
    const pair = new Pair();
    const flow = pair.client.start(TARGET);
    const reply = expectDial(pair.serve(flow.hello(NOTHING))).accept(undefined);
    for (let n = 0; n < reply.length; n++) expect(flow.receive(reply.subarray(0, n)).kind).toBe('more');
  });

  it('to another flow is not ours', () => {
    const pair = new Pair();
    const one = pair.client.start(TARGET);
    const other = pair.client.start(TARGET);
    other.hello(NOTHING);
    const reply = expectDial(pair.serve(one.hello(NOTHING))).accept(undefined);
    expect(other.receive(reply)).toMatchObject({ reason: 'server-reply-unauthenticated' });
  });

  it('of any bytes neither throws nor is believed', () => {
    const looksRight = fc
      .tuple(fc.integer({ min: 1, max: 40 }), fc.uint8Array({ minLength: 0, maxLength: 200 }))
      .map(([words, rest]) => Buffer.concat([Uint8Array.of(1, words, 0x22, 0x63), rest]));
    const flow = new Pair().client.start(TARGET);
    flow.hello(NOTHING);
    fc.assert(
      fc.property(fc.oneof(looksRight, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        expect(['more', 'refused']).toContain(flow.receive(bytes).kind);
      }),
      { numRuns: 2000 },
    );
  });
});

it('a bad key is an error at the start', () => {
  const make = (keyId: number, psk: Uint8Array) => () =>
    createConvertClient({ serverId: SERVER_ID, keyId, psk, now: () => 0, random: (n) => new Uint8Array(n) });
  expect(make(1, new Uint8Array(31))).toThrow(WanbondError);
  expect(make(-1, new Uint8Array(32))).toThrow(WanbondError);
  expect(make(1.5, new Uint8Array(32))).toThrow(WanbondError);
});
