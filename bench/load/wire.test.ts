import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Ask, ASK, decodeRequest, encodeRequest, REQUEST_BYTES } from './wire.ts';

test('what is asked is what arrives', () => {
  const asks = fc.constantFrom(...(Object.keys(ASK) as Ask[]));
  fc.assert(
    fc.property(asks, fc.nat(0xffff_ffff), (ask, bytes) => {
      const request = encodeRequest(ask, bytes);
      expect(request.length).toBe(REQUEST_BYTES);
      expect(decodeRequest(request)).toEqual({ ask, bytes });
    }),
  );
});

test('what nobody asks is refused', () => {
  expect(() => decodeRequest(Buffer.alloc(REQUEST_BYTES, 0xff))).toThrow(RangeError);
});
