// Rules as a 6.18 kernel tells of them, captured in a namespace.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ruleFact } from '../../plan/rule-fact.fixture.ts';
import * as abi from './abi.ts';
import { encodeAttribute, encodeU32 } from './attribute.ts';
import { capturedMessage as rule } from './captured.fixture.ts';
import type { NetlinkMessage } from './message.ts';
import { readRule, rulesRequest } from './rule-message.ts';

const MARKED = ruleFact(800, { mark: 0x4000_0000, mask: 0x4000_0000, table: 7780 });
const marked = rule('rule with mark');
const with_ = (...attributes: Buffer[]): NetlinkMessage => ({
  ...marked,
  body: Buffer.concat([marked.body, ...attributes]),
});
/** With another byte in its header. */
const header = (at: number, value: number): NetlinkMessage => {
  const body = Buffer.from(marked.body);
  body[at] = value;
  return { ...marked, body };
};

test('a rule with a mark, and with a device too', () => {
  expect(readRule(marked)).toEqual(MARKED);
  const device = encodeAttribute(abi.FRA_IIFNAME, Buffer.from('br-lan\0'));
  expect(readRule(with_(device))).toEqual({ ...MARKED, device: 'br-lan' });
});
test('rules of others', () => {
  expect(readRule(rule('rule of the kernel'))).toEqual({
    ...MARKED,
    priority: 32_766,
    mark: undefined,
    mask: 0xffff_ffff,
    table: 254,
  });
  expect(readRule(rule('rule with source prefix'))).toMatchObject({
    family: 6,
    priority: 900,
    table: 50,
    isNarrow: true,
  });
});
test('what limits a rule, or turns it round', () => {
  const FRA_FLOW = 11;
  expect(readRule(with_(encodeU32(FRA_FLOW, 5)))).toEqual({ ...MARKED, isNarrow: true });
  const suppressing = with_(encodeU32(abi.FRA_SUPPRESS_PREFIXLEN, 0));
  expect(readRule(suppressing)).toEqual({ ...MARKED, suppressPrefixLength: 0 });
  expect(readRule(header(8, abi.FIB_RULE_INVERT))).toEqual({ ...MARKED, isNegated: true });
  const TOS_AT = 3;
  expect(readRule(header(TOS_AT, 8))).toEqual({ ...MARKED, isNarrow: true });
});
test('a rule that leads to no table, and one that jumps', () => {
  const [ACTION_AT, BLACKHOLE] = [7, 6];
  expect(readRule(header(ACTION_AT, BLACKHOLE))).toEqual({ ...MARKED, table: undefined });
  expect(readRule(header(ACTION_AT, abi.FR_ACT_GOTO))).toMatchObject({ table: undefined, isNarrow: true });
});
test('a mark of 0 has a mask only', () => {
  const kernel = rule('rule of the kernel');
  const body = Buffer.concat([kernel.body, encodeU32(abi.FRA_FWMASK, 0xff_0000)]);
  expect(readRule({ ...kernel, body })).toMatchObject({ mark: 0, mask: 0xff_0000, isNarrow: false });
});
test('the request is as the kernel wants it in strict mode', () => {
  expect(rulesRequest(6).body.toString('hex')).toBe(`0a${'00'.repeat(11)}`);
});
test('bytes of no sense are read without an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      readRule({ type: abi.RTM_NEWRULE, flags: 0, sequence: 1, body: Buffer.from(bytes) });
    }),
  );
});
