import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TARGET } from '../../../test/convert-pair.ts';
import { parseAddress, type SocketAddress } from '../../base/address.ts';
import { MAX_MESSAGE_BYTES, TLV_CONNECT, TLV_COOKIE } from './constants.ts';
import {
  connectTlv,
  cookieTlv,
  encodeMessage,
  errorTlv,
  extensionsTlv,
  findTlv,
  parseMessage,
  readConnect,
} from './message.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');

const V6: SocketAddress = { address: parseAddress('2001:db8::1'), port: 80 };

const VECTORS: readonly [string, string, Buffer][] = [
  ['Connect v4', '010622630a0501bb00000000000000000000ffffc0000201', encodeMessage(connectTlv(TARGET))],
  [
    'Connect v6 with a cookie',
    '010922630a05005020010db800000000000000000000000116030000636f6f6b69650000',
    encodeMessage(connectTlv(V6), cookieTlv(ascii('cookie'))),
  ],
  ['success', '01012263', encodeMessage()],
  ['Error 96', '010222631e016000', encodeMessage(errorTlv(96, Uint8Array.of(0)))],
  ['Error 3', '010422631e0303007333637265740000', encodeMessage(errorTlv(3, ascii('\0s3cret')))],
  ['supported extensions', '01032263150200001e000000', encodeMessage(extensionsTlv(30))],
];

function parsed(bytes: Uint8Array) {
  const result = parseMessage(bytes);
  if (result.kind !== 'message') throw new Error(result.kind);
  return result;
}

describe('the vectors of RFC 8803', () => {
  it.each(VECTORS)('%s encodes', (_name, text, encoded) => {
    expect(encoded.toString('hex')).toBe(text);
  });

  it('parse back', () => {
    const v4 = parsed(hex(VECTORS[0]?.[1] ?? ''));
    expect(v4.tlvs).toEqual([{ type: TLV_CONNECT, start: 4, end: 24 }]);
    expect(readConnect(v4.message, { type: TLV_CONNECT, start: 4, end: 24 })).toEqual(TARGET);

    const v6 = parsed(hex(VECTORS[1]?.[1] ?? ''));
    expect(v6.tlvs.map((tlv) => tlv.type)).toEqual([TLV_CONNECT, TLV_COOKIE]);
    const cookie = findTlv(v6.tlvs, TLV_COOKIE);
    expect(v6.message.subarray(cookie?.start, cookie?.end).toString('latin1')).toContain('cookie');

    expect(parsed(hex('01012263')).tlvs).toEqual([]);
    expect(parsed(hex('010222631e016000')).tlvs).toEqual([{ type: 0x1e, start: 4, end: 8 }]);
    expect(parsed(hex('010422631e0303007333637265740000')).tlvs).toEqual([{ type: 0x1e, start: 4, end: 16 }]);
    expect(parsed(hex('0107226314060000020405b40402080a000000010000000201030307')).tlvs).toEqual([
      { type: 0x14, start: 4, end: 28 },
    ]);
  });
});

describe('the parser', () => {
  it.each([
    ['total length 0', '01002263', 'not-convert'],
    ['another magic number', '01012264', 'not-convert'],
    ['version 2', '02012263', 'version'],
    ['TLV of length 0', '010222630a000000', 'malformed'],
    ['TLV beyond the message', '010222630a020000', 'malformed'],
    ['a type twice', '010322630101000001010000', 'malformed'],
    ['three bytes', '010122', 'more'],
    ['a word short', '01022263', 'more'],
  ])('%s', (_name, text, kind) => {
    expect(parseMessage(hex(text)).kind).toBe(kind);
  });

  it('says what is wrong with a length of 0', () => {
    expect(parseMessage(hex('010222630a000000'))).toMatchObject({ detail: 'TLV 10 has a bad length' });
  });

  it('takes any bytes, and never a byte beyond the declared length', () => {
    const looksRight = fc
      .tuple(fc.nat(255), fc.uint8Array({ maxLength: 1100 }))
      .map(([words, rest]) => Buffer.concat([Uint8Array.of(1, words, 0x22, 0x63), rest]));
    fc.assert(
      fc.property(fc.oneof(looksRight, fc.uint8Array({ maxLength: 1100 })), (bytes) => {
        const result = parseMessage(bytes);
        const declared = (bytes[1] ?? 0) * 4;
        if (result.kind === 'message') {
          expect(result.message.length).toBe(declared);
          expect(result.message.length).toBeLessThanOrEqual(bytes.length);
          let at = 4;
          for (const tlv of result.tlvs) {
            expect(tlv.start).toBe(at);
            expect(tlv.end).toBeGreaterThan(at);
            at = tlv.end;
          }
          expect(at).toBe(declared);
        }
        if (result.kind !== 'more' && declared > 0 && bytes.length > declared) {
          expect(parseMessage(bytes.subarray(0, Math.max(4, declared)))).toEqual(result);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('errorTlv', () => {
  it('cuts an echo that does not fit', () => {
    const long = new Uint8Array(2000);
    expect(encodeMessage(errorTlv(1, long)).length).toBe(MAX_MESSAGE_BYTES);
    expect(encodeMessage(errorTlv(1, long, 20), new Uint8Array(20)).length).toBe(MAX_MESSAGE_BYTES);
  });
});
