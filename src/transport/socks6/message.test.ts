// The messages of SOCKS 6 by bytes written from the draft's figures, and what is refused of them.
import type { RemoteLeg } from '../handshake.ts';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NamedTarget } from '../socks-address.ts';
import { hex, NAMED, TARGET, TARGET6 } from './bytes.fixture.ts';
import { authReply, decodeAddressed, decodeAuthReply, encodeAddressed, operationReply } from './message.ts';
import { encodeOption } from './options.ts';
import { decodeRemoteLeg, encodeRemoteLeg } from './stack.ts';

test.each<[string, NamedTarget, string]>([
  ['IPv4', TARGET, '06 01 0000 01bb 00 01 c0000207'],
  ['IPv6', TARGET6, '06 01 0000 0050 00 04 20010db8000000000000000000000007'],
  ['a name, padded', NAMED, '06 01 0000 0019 00 03 09 612e6578616d706c65 0000'],
  ['a name that fills its words', { name: 'abc', port: 1 }, '06 01 0000 0001 00 03 03 616263'],
])('a request to %s', (_, target, golden) => {
  expect(encodeAddressed(1, target, [])).toEqual(hex(golden));
  expect(decodeAddressed(hex(`${golden} aa`))).toEqual({
    code: 1,
    target,
    options: [],
    bytes: hex(golden).length,
  });
});

test('a name whose length counts the padding', () => {
  const bytes = hex('06 01 0004 0019 00 03 0b 612e6578616d706c65 0000 0005 0004');
  expect(decodeAddressed(bytes)).toMatchObject({ target: NAMED, options: [{ kind: 5 }], bytes: 24 });
});

test('replies', () => {
  expect(authReply(1, [encodeOption(3, Buffer.of(2))])).toEqual(hex('06 01 0008 0003 0008 02 000000'));
  expect(decodeAuthReply(hex('06 01 0008 0003 0008 02 000000 06'))).toEqual({
    type: 1,
    options: [{ kind: 3, data: hex('02 000000') }],
    bytes: 12,
  });
  expect(operationReply(9)).toEqual(hex('06 09 0000 0000 00 01 00000000'));
});

describe('what is no message', () => {
  test.each([
    ['05 01', 'version'],
    ['06', 'more'],
    ['06 01 0000 01bb 00 01 c00002', 'more'],
    ['06 01 0004 01bb 00 01 c0000207 0005 00', 'more'],
    ['06 01 0000 01bb 00 02 c0000207', 'address-type'],
    ['06 01 0000 01bb 00 03 00 000000', 'malformed'],
    ['06 01 0000 01bb 00 03 03 000000', 'malformed'],
    ['06 01 0003 01bb 00 01', 'malformed'],
    ['06 01 4004 01bb 00 01', 'malformed'],
    ['06 01 0004 01bb 00 01 c0000207 0005 0000', 'malformed'],
    ['06 01 0004 01bb 00 01 c0000207 0005 0008', 'malformed'],
    ['06 01 0008 01bb 00 01 c0000207 0005 0006 0000 0000', 'malformed'],
  ])('%s: %s', (bytes, why) => {
    expect(decodeAddressed(hex(bytes))).toBe(why);
  });

  test('as many options as the draft allows are taken', () => {
    const most = encodeOption(0xfc00, Buffer.alloc(2 ** 14 - 4));
    expect(decodeAddressed(encodeAddressed(1, TARGET, [most]))).toMatchObject({ bytes: 12 + 2 ** 14 });
  });
});

describe('the leg to the target', () => {
  test.each<[RemoteLeg, string]>([
    [{}, ''],
    [{ fastOpenBytes: 0 }, '0001 0008 84 01 0000'],
    [{ fastOpenBytes: 1500, isMultipath: true }, '0001 0008 84 01 05dc 0001 0008 84 02 02 00'],
    [{ isMultipath: false }, '0001 0008 84 02 01 00'],
  ])('%j', (leg, golden) => {
    expect(Buffer.concat(encodeRemoteLeg(leg))).toEqual(hex(golden));
    expect(legOf(golden)).toEqual(leg);
  });

  test.each([
    ['other levels, codes and kinds', '0001 0008 81 01 10 00 0001 0008 84 03 0005 0099 0004'],
    ['the leg to the client alone', '0001 0008 44 02 02 00'],
  ])('passes over %s', (_, options) => {
    expect(legOf(options)).toEqual({});
  });

  test('takes what is said of both legs', () => {
    expect(legOf('0001 0008 c4 02 02 00')).toEqual({ isMultipath: true });
  });

  test.each([
    ['twice the same', '0001 0008 84 02 02 00 0001 0008 84 02 02 00'],
    ['a cut one', '0001 0004'],
    ['an unknown availability', '0001 0008 84 02 03 00'],
  ])('refuses %s', (_, options) => {
    expect(legOf(options)).toBeUndefined();
  });
});

function legOf(options: string): RemoteLeg | undefined {
  const reply = decodeAuthReply(Buffer.concat([authReply(0, [hex(options)])]));
  if (typeof reply === 'string') throw new Error(reply);
  return decodeRemoteLeg(reply.options);
}

test('what is written is read back', () => {
  const target = fc.oneof(
    fc.record({
      name: fc.string({ unit: fc.constantFrom('a', 'Z', '-', '.', '7'), minLength: 1, maxLength: 255 }),
      port: fc.integer({ min: 0, max: 0xffff }),
    }),
    fc.constantFrom(TARGET, TARGET6),
  );
  const option = fc.tuple(fc.integer({ min: 0, max: 0xffff }), fc.uint8Array({ maxLength: 40 }));
  fc.assert(
    fc.property(target, fc.array(option), fc.uint8Array(), (to, options, behind) => {
      const message = encodeAddressed(
        1,
        to,
        options.map(([kind, data]) => encodeOption(kind, data)),
      );
      const read = decodeAddressed(Buffer.concat([message, behind]));
      expect(read).toMatchObject({ code: 1, target: to, bytes: message.length });
      if (typeof read === 'string') throw new Error(read);
      expect(read.options.map(({ kind }) => kind)).toEqual(options.map(([kind]) => kind));
      for (const [i, [, data]] of options.entries()) {
        expect(read.options[i]?.data.subarray(0, data.length)).toEqual(Buffer.from(data));
      }
    }),
  );
});

test('no bytes make it throw', () => {
  const bytes = fc.uint8Array({ maxLength: 80 });
  const head = fc.constantFrom('', '06010008', '0600000c 0000 00 03', '06010010 01bb 00 01 c0000207');
  fc.assert(
    fc.property(head, bytes, (start, rest) => {
      const all = Buffer.concat([hex(start), rest]);
      for (const read of [decodeAddressed(all), decodeAuthReply(all)]) {
        if (typeof read !== 'string') decodeRemoteLeg(read.options);
      }
    }),
    { numRuns: 1000 },
  );
});
