import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatRequest, parseRequest, type Request } from './request.ts';

const amount = fc.nat(2 ** 31);
const whole: fc.Arbitrary<Request> = fc.oneof(
  fc.record({ kind: fc.constant('get-bytes' as const), bytes: amount, seed: amount }),
  fc.record({ kind: fc.constant('put-bytes' as const), bytes: amount }),
  fc.record({ kind: fc.constantFrom('get-seconds' as const, 'put-seconds' as const), seconds: amount }),
);
const request = fc.oneof(
  whole,
  fc.tuple(whole, amount).map(([one, rateBps]): Request => ({ ...one, rateBps })),
);

test('a request survives its text', () => {
  fc.assert(
    fc.property(request, (r) => {
      expect(parseRequest(formatRequest(r).slice(0, -1))).toEqual(r);
    }),
  );
});

test('anything else is refused', () => {
  for (const line of ['', 'GET', 'GET bytes x', 'get bytes 1', 'GET / HTTP/1.1']) {
    expect(() => parseRequest(line)).toThrow(/does not understand/);
  }
});
