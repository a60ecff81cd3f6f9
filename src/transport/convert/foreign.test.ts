// What clients without a key get from a server that knows them by their address.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerOf, expectDial, HOST, NOTHING, Pair, TARGET } from '../../../test/convert-pair.ts';
import { type Address, parseAddress } from '../../base/address.ts';
import { FAILURE_REASONS } from '../failure.ts';
import type { ServerStep } from '../handshake.ts';
import { ForeignCookies } from './foreign-cookie.ts';

const CLIENT = parseAddress('192.0.2.77');
const HOUR_MS = 3_600_000;
const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const CONNECT = hex('0a0501bb00000000000000000000ffffc0000201');
const INFO = hex('01010000');

/** A message of the TLVs, as the RFC has it. */
function message(...tlvs: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(tlvs);
  return Buffer.concat([Uint8Array.of(1, 1 + body.length / 4, 0x22, 0x63), body]);
}

const cookieTlv = (cookie: Uint8Array): Buffer =>
  Buffer.concat([Uint8Array.of(0x16, 1 + cookie.length / 4, 0, 0), cookie]);

const answered = (step: ServerStep): string => answerOf(step).toString('hex');

/** Asks without a cookie; the one that the server gives. */
function askCookie(pair: Pair, client: Address = CLIENT): Buffer {
  const answer = answerOf(pair.serve(message(CONNECT), client));
  expect(answer.subarray(0, 8).toString('hex')).toBe('010622631e050300');
  return answer.subarray(8);
}

const withCookie = (pair: Pair, ...tlvs: readonly Uint8Array[]): Buffer =>
  message(...tlvs, cookieTlv(askCookie(pair)));

describe('a client without key, from an allowed address', () => {
  it('is sent a cookie, and connects with it', () => {
    const pair = new Pair();
    const hello = withCookie(pair, CONNECT);
    const step = expectDial(pair.serve(hello, CLIENT));
    expect(step).toMatchObject({
      target: TARGET,
      keyId: undefined,
      isStranger: true,
      consumed: hello.length,
    });
    // No TLV of ours, whatever is known.
    expect(step.accept({ v4: true, v6: true }).toString('hex')).toBe('01012263');
    expect(pair.serve(message(CONNECT), CLIENT)).toMatchObject({ kind: 'reply', reason: undefined });
  });

  it('uses its cookie again, until the hour after the next', () => {
    const pair = new Pair();
    pair.serverClock.ms = 1000 * HOUR_MS;
    const hello = withCookie(pair, CONNECT);
    for (const ms of [0, HOUR_MS, HOUR_MS - 1]) {
      pair.serverClock.ms += ms;
      expect(pair.serve(hello, CLIENT).kind).toBe('dial');
    }
    pair.serverClock.ms += 1;
    expect(pair.serve(hello, CLIENT)).toMatchObject({ kind: 'reply', reason: 'not-authorized' });
  });

  it('is not taken with any bit of the cookie flipped, a cookie of another address, or of another size', () => {
    const pair = new Pair();
    const cookie = askCookie(pair);
    const answer = (tried: Uint8Array, from = CLIENT) =>
      answered(pair.serve(message(CONNECT, cookieTlv(tried)), from));
    for (let bit = 0; bit < cookie.length * 8; bit++) {
      const bent = Buffer.from(cookie);
      bent[bit >> 3] = (bent[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(answer(bent)).toBe('010222631e012000');
    }
    expect(answer(cookie, parseAddress('192.0.2.78'))).toBe('010222631e012000');
    expect(answer(NOTHING)).toBe('010222631e012000');
    expect(answer(Buffer.concat([cookie, new Uint8Array(4)]))).toBe('010222631e012000');
    expect(pair.serve(message(CONNECT, cookieTlv(cookie)), CLIENT).kind).toBe('dial');
  });

  it('is told the supported TCP extensions, alone or beside its flow', () => {
    const pair = new Pair();
    expect(answered(pair.serve(message(INFO), CLIENT))).toMatch(/^010622631e050300/);
    const alone = pair.serve(withCookie(pair, INFO), CLIENT);
    expect(alone).toMatchObject({ kind: 'reply', reason: undefined });
    expect(answered(alone)).toBe('01032263150200001e040800');
    const beside = expectDial(pair.serve(withCookie(pair, INFO, CONNECT), CLIENT));
    expect(beside.accept(undefined).toString('hex')).toBe('01032263150200001e040800');
  });

  it('is told the options of the SYN+ACK when it named options', () => {
    const pair = new Pair();
    const extended = hex('0a0601bb00000000000000000000ffffc00002011e020402');
    const step = expectDial(pair.serve(withCookie(pair, extended), CLIENT));
    expect(step).toMatchObject({ remoteLeg: { isMultipath: true }, wantsSynAck: true });
    const reply = step.accept(undefined, { synAckOptions: Uint8Array.of(4, 2) });
    expect(reply.toString('hex')).toBe('010322631402000004020000');
  });

  it.each([
    ['no Connect', [], '1e070100'],
    ['a loopback target', [hex('0a0501bb00000000000000000000ffff7f000001')], '1e0c0100'],
    ['a multicast target', [hex('0a0501bbff020000000000000000000000000001')], '1e0c0100'],
    ['the broadcast target', [hex('0a0501bb00000000000000000000ffffffffffff')], '1e0c0100'],
    ['a Resume TLV', [CONNECT, hex(`c2070100${'00'.repeat(24)}`)], '1e130200'],
  ])('gets its message back for %s', (_name, tlvs, head) => {
    const pair = new Pair();
    const hello = withCookie(pair, ...tlvs);
    expect(answered(pair.serve(hello, CLIENT)).slice(8)).toBe(head + hello.toString('hex'));
  });

  it('gets the kinds of the TCP options that it cannot have', () => {
    const pair = new Pair();
    const extended = hex('0a0601bb00000000000000000000ffffc00002011d022202');
    expect(answered(pair.serve(withCookie(pair, extended), CLIENT))).toBe('010322631e02211d22000000');
  });

  it.each([
    ['refused-by-target', undefined, '6000'],
    ['unreachable', undefined, '6101'],
    ['unreachable', 7, '6107'],
    ['timeout', undefined, '4100'],
    ['egress-denied', undefined, '2000'],
    ['resource', undefined, '4000'],
  ] as const)('is told of %s (ICMP code %s) as error %s', (reason, icmpCode, error) => {
    const pair = new Pair();
    const step = expectDial(pair.serve(withCookie(pair, CONNECT), CLIENT));
    expect(step.refuse(reason, icmpCode)?.toString('hex')).toBe(`010222631e01${error}`);
  });

  it('is told of any failure without a TLV of ours', () => {
    const pair = new Pair();
    const step = expectDial(pair.serve(withCookie(pair, CONNECT), CLIENT));
    for (const reason of FAILURE_REASONS)
      expect(step.refuse(reason)?.toString('hex')).toMatch(/^010222631e01/);
  });

  it('gets the same for the same bytes in any pieces, and no TLV of ours', () => {
    const pair = new Pair();
    const cookie = cookieTlv(askCookie(pair));
    const tlv = fc.oneof(
      fc.constantFrom(CONNECT, INFO, cookie),
      fc
        .tuple(fc.constantFrom(0, 1, 10, 20, 21, 22, 30, 64), fc.nat(14), fc.uint8Array({ maxLength: 60 }))
        .map(([type, words, rest]) => Buffer.concat([Uint8Array.of(type, words), rest])),
    );
    const near = fc
      .tuple(fc.nat(30), fc.array(tlv, { maxLength: 4 }))
      .map(([words, tlvs]) => Buffer.concat([Uint8Array.of(1, words, 0x22, 0x63), ...tlvs]));
    const exact = fc.array(tlv, { maxLength: 4 }).map((tlvs) => message(...tlvs));
    let dials = 0;
    fc.assert(
      fc.property(fc.oneof(near, exact, fc.uint8Array({ maxLength: 1100 })), fc.nat(1100), (bytes, cut) => {
        const handshake = pair.server.start(CLIENT);
        const early = handshake.receive(bytes.subarray(0, cut));
        const step = handshake.receive(bytes);
        if (early.kind !== 'more' && cut < bytes.length) {
          expect(answered(step)).toBe(answered(early));
          expect(step.kind).toBe(early.kind);
        }
        if (step.kind === 'dial') dials++;
        if (step.kind === 'reply') {
          expect(step.bytes.length).toBeLessThanOrEqual(1020);
          expect(step.bytes[4]).not.toBe(0xc1);
        }
      }),
      { numRuns: 2000 },
    );
    expect(dials).toBeGreaterThan(0);
  });
});

describe('a client without key, from any other address', () => {
  it('gets the same, with a cookie or without', () => {
    const pair = new Pair();
    const hello = withCookie(pair, CONNECT);
    for (const sent of [hello, message(CONNECT), message(INFO)]) {
      expect(pair.serve(sent)).toMatchObject({ kind: 'reply', reason: 'not-authorized' });
      expect(answered(pair.serve(sent))).toBe('010222631e012000');
    }
  });
});

it('a client with a key is served as ever from an allowed address', () => {
  const pair = new Pair();
  const flow = pair.client.start(TARGET);
  const step = expectDial(pair.serve(flow.hello(NOTHING), CLIENT));
  expect(flow.receive(step.accept(undefined))).toMatchObject({ kind: 'established' });
});

it('the cookies of two workers are the same, those of two starts are not', () => {
  const now = () => 0;
  const cookie = new ForeignCookies(HOST.foreignSecret, now).issue(CLIENT);
  expect(new ForeignCookies(HOST.foreignSecret, now).isGood(CLIENT, cookie)).toBe(true);
  expect(new ForeignCookies(new Uint8Array(32), now).isGood(CLIENT, cookie)).toBe(false);
});
