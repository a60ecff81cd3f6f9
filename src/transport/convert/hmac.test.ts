// HMAC-SHA256 gives what node:crypto gives, for keys and messages of any length.
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HMAC_BYTES, HmacKey } from './hmac.ts';

function tag(key: Uint8Array, first: Uint8Array, second: Uint8Array, blankAt = 0, blankBytes = 0): string {
  const out = Buffer.alloc(HMAC_BYTES);
  new HmacKey(key).tag(out, first, second, blankAt, blankBytes);
  return out.toString('hex');
}

const expected = (key: Uint8Array, ...parts: readonly Uint8Array[]): string =>
  createHmac('sha256', key).update(Buffer.concat(parts)).digest('hex');

test('test cases 1 and 2 of RFC 4231', () => {
  expect(tag(Buffer.alloc(20, 0x0b), Buffer.from('Hi '), Buffer.from('There'))).toBe(
    'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  );
  expect(tag(Buffer.from('Jefe'), Buffer.from(''), Buffer.from('what do ya want for nothing?'))).toBe(
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  );
});

test('at every place in a block where a message can end', () => {
  const key = Buffer.alloc(32, 7);
  for (let length = 0; length <= 200; length++) {
    const message = Buffer.alloc(length, length);
    expect([length, tag(key, message, Buffer.alloc(0))]).toEqual([length, expected(key, message)]);
  }
});

test('any key and any parts, also longer than the ones before', () => {
  const bytes = fc.uint8Array({ maxLength: 5000 });
  const key = fc.uint8Array({ maxLength: 64 });
  fc.assert(
    fc.property(
      key,
      bytes,
      bytes,
      (k, first, second) => tag(k, first, second) === expected(k, first, second),
    ),
    { examples: [[new Uint8Array(32), new Uint8Array(10), new Uint8Array(70_000)]] },
  );
});

test('the blank counts as zeros and is left as it is', () => {
  const [key, first, second] = [Buffer.alloc(32, 1), Buffer.from('label'), Buffer.alloc(60, 9)];
  const zeroed = Buffer.from(second).fill(0, 20, 36);
  expect(tag(key, first, second, 20, 16)).toBe(expected(key, first, zeroed));
  expect(second.equals(Buffer.alloc(60, 9))).toBe(true);
});

test('writes as many bytes as there is room for', () => {
  const out = Buffer.alloc(16);
  new HmacKey(Buffer.alloc(32)).tag(out, Buffer.from('a'), Buffer.from('b'));
  expect(out.toString('hex')).toBe(expected(Buffer.alloc(32), Buffer.from('ab')).slice(0, 32));
});
