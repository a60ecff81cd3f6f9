import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  answerOf,
  expectDial,
  KEY_ID,
  NOTHING,
  NOW_MS,
  Pair,
  PSK,
  SERVER_ID,
  TARGET,
} from '../../../test/convert-pair.ts';
import { cookiePrefix, requestPrefix, sign } from './auth.ts';
import { writeTimeMs } from './clock.ts';
import { issueCookie } from './cookie.ts';
import { deriveKeys } from './keys.ts';
import { cookieTlv, encodeMessage, findTlv, parseMessage } from './message.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
/** With the options Fast Open (34) and authentication (29), and MSS (2), which is passed over. */
const OPTIONS_CONNECT = '0a0801bb00000000000000000000ffffc000020122021d040000020405b40000';
const CONNECT = '0a0501bb00000000000000000000ffffc0000201';

/** A hello of the given TLVs with a right tag, whatever they are; the Auth TLV comes first. */
function proven(tlvs: readonly Buffer[], flags = 0): Buffer {
  const auth = Buffer.alloc(48);
  auth.set([0xc0, 12, 1, flags]);
  auth.writeUInt32BE(KEY_ID, 4);
  writeTimeMs(auth, 8, NOW_MS);
  const message = encodeMessage(auth, ...tlvs);
  const { clientToServer } = deriveKeys({ id: KEY_ID, psk: PSK });
  sign(clientToServer, requestPrefix(SERVER_ID), message, 4 + 32);
  return message;
}

/** The error TLV of an answer, as hex. */
function errorOf(answer: Buffer): string {
  const parsed = parseMessage(answer);
  if (parsed.kind !== 'message') throw new Error(parsed.kind);
  const tlv = findTlv(parsed.tlvs, 0x1e);
  return parsed.message.subarray(tlv?.start, tlv?.end).toString('hex');
}

const hasOurTag = (answer: Buffer): boolean => answer[4] === 0xc1;

/** The value of the error TLV behind its zero byte: what it echoes, whatever padding there is. */
const echoOf = (answer: Buffer): string => errorOf(answer).slice(8);

describe('what a foreign client gets', () => {
  it.each([
    ['Connect without a proof', `01062263${CONNECT}`, '010222631e012000'],
    ['Info without a proof', '0102226301010000', '010222631e012000'],
    ['nothing at all', '01012263', '010222631e012000'],
    ['an unknown TLV', '0102226340010203', '010422631e0302000102226340010203'],
    ['a TLV of length 0', '010222630a000000', '010422631e030100010222630a000000'],
    ['a TLV of type 0', '0102226300010000', '010422631e0302000102226300010000'],
    ['a TLV twice', '010322630101000001010000', '010522631e040100010322630101000001010000'],
    ['a TLV only servers send', '010222631e012000', '010422631e030200010222631e012000'],
    ['version 0', '0001226300000000', '010222631e010001'],
    ['version 2', '0201226300000000', '010222631e010001'],
  ])('%s', (_name, sent, answer) => {
    const step = new Pair().serve(hex(sent));
    expect(step.kind).toBe('reply');
    expect(answerOf(step).toString('hex')).toBe(answer);
  });

  it.each(['01002263', '16030101', '47455420'])('a reset for %s', (sent) => {
    expect(new Pair().serve(hex(sent))).toMatchObject({ kind: 'reset', reason: 'malformed' });
  });

  it('never a private TLV, never a dial, whatever it sends in whatever pieces', () => {
    const tlv = fc
      .tuple(
        fc.constantFrom(1, 10, 20, 21, 22, 30, 64, 0xc0, 0xc1),
        fc.nat(14),
        fc.uint8Array({ maxLength: 60 }),
      )
      .map(([type, words, rest]) => Buffer.concat([Uint8Array.of(type, words), rest]));
    const near = fc
      .tuple(fc.nat(30), fc.array(tlv, { maxLength: 4 }))
      .map(([words, tlvs]) => Buffer.concat([Uint8Array.of(1, words, 0x22, 0x63), ...tlvs]));
    const pair = new Pair();
    fc.assert(
      fc.property(fc.oneof(near, fc.uint8Array({ maxLength: 1100 })), fc.nat(1100), (bytes, cut) => {
        const handshake = pair.server.start();
        const early = handshake.receive(bytes.subarray(0, cut));
        const step = handshake.receive(bytes);
        if (early.kind !== 'more' && cut < bytes.length) expect(step).toEqual(early);
        expect(step.kind).not.toBe('dial');
        if (step.kind === 'reply') {
          expect(step.bytes.length).toBeLessThanOrEqual(1020);
          expect(hasOurTag(step.bytes)).toBe(false);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('what a proven client gets', () => {
  it.each([
    ['no Connect', []],
    ['a short Connect', [hex('0a0201bb00000000')]],
    ['an Info TLV of another size', [hex('0102000000000000')]],
    ['TCP options of a bad length', [hex('0a0601bb00000000000000000000ffffc00002011e010000')]],
  ])('an echo for %s', (_name, tlvs) => {
    const hello = proven(tlvs);
    const step = new Pair().serve(hello);
    expect(step).toMatchObject({ kind: 'reply', reason: 'malformed' });
    expect(errorOf(answerOf(step))).toMatch(/^1e..0100/);
    expect(echoOf(answerOf(step))).toBe(hello.toString('hex'));
    expect(hasOurTag(answerOf(step))).toBe(true);
  });

  it('the kinds of the TCP options that our SYN cannot have', () => {
    const step = new Pair().serve(proven([hex(OPTIONS_CONNECT)]));
    expect(step).toMatchObject({ kind: 'reply', reason: 'unsupported' });
    expect(errorOf(answerOf(step))).toBe('1e0221221d000000');
    expect(hasOurTag(answerOf(step))).toBe(true);
  });

  it('the options of the SYN+ACK when it asked for some that it can have', () => {
    // Window scale and SACK are passed over; MPTCP and SACK-permitted are ours to send.
    const connect = hex('0a0801bb00000000000000000000ffffc000020103030705021e020402000000');
    const step = expectDial(new Pair().serve(proven([connect])));
    expect(step).toMatchObject({ target: TARGET, remoteLeg: { isMultipath: true } });
    const reply = step.accept({ v4: true, v6: true }, { synAckOptions: Uint8Array.of(4, 2, 3, 3, 7, 30, 2) });
    expect(reply.subarray(24).toString('hex')).toBe('1403000004020303071e0200');
  });

  it('nothing of the SYN+ACK when it named no option', () => {
    const step = expectDial(new Pair().serve(proven([hex(CONNECT)])));
    expect([step.remoteLeg, step.wantsSynAck]).toEqual([undefined, undefined]);
    expect(step.accept(undefined)).toHaveLength(24);
  });

  it('an echo for flags that this version does not know', () => {
    const hello = proven([hex(CONNECT)], 2);
    const step = new Pair().serve(hello);
    expect(step).toMatchObject({ kind: 'reply', reason: 'unsupported' });
    expect(echoOf(answerOf(step))).toBe(hello.toString('hex'));
  });

  it('a new cookie for one that is no cookie of ours', () => {
    for (const bytes of [0, 4, 32, 36]) {
      const step = new Pair().serve(proven([hex(CONNECT), cookieTlv(new Uint8Array(bytes))]));
      expect(step).toMatchObject({ kind: 'reply', reason: 'clock' });
    }
  });

  it('a new cookie for one with good times and a wrong tag, or of another nonce', () => {
    const forged = new Uint8Array(32);
    writeTimeMs(Buffer.from(forged.buffer), 0, NOW_MS);
    writeTimeMs(Buffer.from(forged.buffer), 8, NOW_MS + 1000);
    const { serverToClient } = deriveKeys({ id: KEY_ID, psk: PSK });
    const label = cookiePrefix(SERVER_ID);
    const zeros = new Uint8Array(16);
    const mine = issueCookie(serverToClient, label, zeros, NOW_MS);
    const others = issueCookie(serverToClient, label, zeros.with(0, 1), NOW_MS);
    const answer = (cookie: Uint8Array) => new Pair().serve(proven([hex(CONNECT), cookieTlv(cookie)]));
    expect(answer(forged)).toMatchObject({ kind: 'reply', reason: 'clock' });
    expect(answer(others)).toMatchObject({ kind: 'reply', reason: 'clock' });
    expect(answer(mine)).toMatchObject({ kind: 'dial' });
  });

  it('the supported TCP extensions', () => {
    const step = new Pair().serve(proven([hex('01010000')]));
    expect(step).toMatchObject({ kind: 'reply', reason: undefined });
    expect(answerOf(step).toString('hex')).toContain('150200001e040800');
  });

  it('a dial, with its TLVs in any order', () => {
    const info = hex('01010000');
    for (const tlvs of [[hex(CONNECT)], [hex(CONNECT), info], [info, hex(CONNECT)]]) {
      expect(new Pair().serve(proven(tlvs))).toMatchObject({ kind: 'dial', target: TARGET });
    }
  });

  it('one dial for many hellos of one flow object', () => {
    const pair = new Pair();
    const flow = pair.client.start(TARGET);
    expect(pair.serve(flow.hello(NOTHING)).kind).toBe('dial');
    expect(pair.serve(flow.hello(NOTHING))).toMatchObject({ reason: 'replayed' });
  });
});
