// Rules as a 6.18 kernel tells of them, captured in a namespace.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as abi from './abi.ts';
import { encodeAttribute, encodeU32 } from './attribute.ts';
import { capturedMessage as rule } from './captured.fixture.ts';
import { readMarkRule, rulesRequest } from './rule-message.ts';

test('a rule with a mark', () => {
  expect(readMarkRule(rule('rule with mark'))).toEqual({
    family: 4,
    priority: 800,
    device: undefined,
    mark: 0x4000_0000,
    mask: 0x4000_0000,
    table: 7780,
  });
});
test('a rule with a mark and a device', () => {
  const marked = rule('rule with mark');
  const device = encodeAttribute(abi.FRA_IIFNAME, Buffer.from('br-lan\0'));
  const body = Buffer.concat([marked.body, device]);
  expect(readMarkRule({ ...marked, body })).toMatchObject({ priority: 800, device: 'br-lan' });
});
test('others are not ours', () => {
  expect(readMarkRule(rule('rule with source prefix'))).toBeUndefined();
  expect(readMarkRule(rule('rule of the kernel'))).toBeUndefined();
});
test('one that selects by more than its mark is not ours', () => {
  const marked = rule('rule with mark');
  const FRA_FLOW = 11;
  const more = Buffer.concat([marked.body, encodeU32(FRA_FLOW, 5)]);
  expect(readMarkRule({ ...marked, body: more })).toBeUndefined();
  const suppressing = Buffer.concat([marked.body, encodeU32(abi.FRA_SUPPRESS_PREFIXLEN, 0)]);
  expect(readMarkRule({ ...marked, body: suppressing })).toBeUndefined();
  const inverted = Buffer.from(marked.body);
  inverted.writeUInt32LE(abi.FIB_RULE_INVERT, 8);
  expect(readMarkRule({ ...marked, body: inverted })).toBeUndefined();
});
test('the request is as the kernel wants it in strict mode', () => {
  expect(rulesRequest(6).body.toString('hex')).toBe(`0a${'00'.repeat(11)}`);
});
test('bytes of no sense are read without an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      readMarkRule({ type: abi.RTM_NEWRULE, flags: 0, sequence: 1, body: Buffer.from(bytes) });
    }),
  );
});
