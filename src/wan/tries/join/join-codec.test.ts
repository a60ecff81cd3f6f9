import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAddress } from '../../../base/address.ts';
import * as mptcp from './mptcp-options.ts';
import { ACK, decodeSegment, encodeSegment, SYN } from './tcp-segment.ts';

const KEY = Buffer.from('0102030405060708', 'hex');
const PEER_KEY = Buffer.from('1112131415161718', 'hex');
const SYN_ACK = SYN | ACK;

test.each([
  ['192.0.2.1', '198.51.100.2'],
  ['2001:db8::1', '2001:db8::2'],
])('a segment from %s reads back, and its checksum is right', (from, to) => {
  const options = mptcp.capableSyn();
  const segment = {
    fromPort: 40_000,
    toPort: 5124,
    sequence: 0xffff_fff0,
    acknowledgment: 7,
    flags: SYN_ACK,
    options,
  };
  const [source, destination] = [parseAddress(from), parseAddress(to)];
  const bytes = encodeSegment(segment, source, destination);
  expect(decodeSegment(bytes)).toEqual(segment);
  // RFC 9293: the sum over pseudo header and segment, checksum included, is all ones.
  const skip = from.includes(':') ? 0 : 12;
  const pseudo = Buffer.concat([
    source.subarray(skip),
    destination.subarray(skip),
    Buffer.from([0, 6, 0, bytes.length]),
  ]);
  let sum = 0;
  const whole = Buffer.concat([pseudo, bytes]);
  for (let at = 0; at < whole.length; at += 2) sum += whole.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  expect(sum).toBe(0xffff);
});

test('whatever comes is no header or one within its bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const segment = decodeSegment(Buffer.from(bytes));
      const options = segment?.options ?? Buffer.alloc(0);
      expect(options.length).toBeLessThanOrEqual(40);
      mptcp.capableReplyKey(options);
      mptcp.joinReply(options);
    }),
  );
});

test('the options have the layout of RFC 8684, each a multiple of 4 bytes', () => {
  expect(mptcp.capableSyn().toString('hex')).toBe('020402181e040101');
  expect(mptcp.capableAck(KEY, PEER_KEY).toString('hex')).toBe('1e14010101020304050607081112131415161718');
  expect(mptcp.joinSyn(PEER_KEY, 1, Buffer.from('aabbccdd', 'hex')).toString('hex')).toMatch(
    /^020402181e0c1001[0-9a-f]{8}aabbccdd$/,
  );
  expect(mptcp.firstDataAck(PEER_KEY).toString('hex')).toMatch(/^1e082001[0-9a-f]{8}$/);
  expect(mptcp.fastClose(PEER_KEY).toString('hex')).toBe('1e0c70001112131415161718');
});

test('what a reply holds is found behind other options, and is not found when it is stripped or cut', () => {
  const other = Buffer.from('0101080a0000000100000002', 'hex');
  const reply = Buffer.concat([other, Buffer.from('1e0c0101', 'hex'), PEER_KEY]);
  expect(mptcp.capableReplyKey(reply)).toEqual(PEER_KEY);
  expect(mptcp.capableReplyKey(Buffer.concat([other, Buffer.alloc(12, 1)]))).toBeUndefined();
  expect(mptcp.capableReplyKey(reply.subarray(0, 20))).toBeUndefined();
  expect(mptcp.joinReply(reply)).toBeUndefined();
  const join = Buffer.concat([other, Buffer.from('1e101000', 'hex'), KEY, Buffer.from('01020304', 'hex')]);
  expect(mptcp.joinReply(join)).toEqual({ hmac: KEY, nonce: Buffer.from('01020304', 'hex') });
});
