// Messages of a 6.18 kernel and of `ip mptcp`, captured in a namespace.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatAddress, parseAddress } from '../../base/address.ts';
import { capturedMessage as message } from './captured.fixture.ts';
import {
  addEndpointRequest,
  deleteEndpointRequest,
  type EndpointFlag,
  endpointsRequest,
  limitsRequest,
  type MptcpEndpoint,
  readEndpoint,
  readLimitsReply,
  setFlagsRequest,
  setLimitsRequest,
} from './endpoint-message.ts';
import { readFailure } from './message.ts';

const FAMILY = 28;
const V4: MptcpEndpoint = {
  id: 7,
  address: parseAddress('192.0.2.10'),
  port: undefined,
  flags: ['subflow', 'backup'],
  index: 3,
};
const V6: MptcpEndpoint = {
  id: 8,
  address: parseAddress('2001:db8::10'),
  port: undefined,
  flags: ['subflow', 'fullmesh'],
  index: 3,
};
const SIGNAL: MptcpEndpoint = {
  id: 9,
  address: parseAddress('192.0.2.11'),
  port: 8443,
  flags: ['signal'],
  index: undefined,
};

describe('what the kernel says', () => {
  test.each([
    ['MPTCP endpoint with backup', V4],
    ['MPTCP endpoint of IPv6 with fullmesh', V6],
    ['MPTCP endpoint with port', SIGNAL],
  ])('%s', (name, endpoint) => {
    expect(readEndpoint(message(name))).toEqual(endpoint);
  });
  test('limits', () => {
    expect(readLimitsReply(message('MPTCP limits'))).toEqual({ subflows: 8, addAddrAccepted: 3 });
  });
  test('why it refuses', () => {
    expect(readFailure(message('MPTCP endpoint refused'))).toEqual({
      errno: 17,
      words: 'too many addresses or duplicate one: -17',
    });
  });
});

describe('what is sent is what `ip mptcp` sends', () => {
  test.each([
    ['endpoint add with backup', addEndpointRequest(FAMILY, V4)],
    ['endpoint add of IPv6 with fullmesh', addEndpointRequest(FAMILY, V6)],
    ['endpoint add with port', addEndpointRequest(FAMILY, SIGNAL)],
    ['endpoint change to backup', setFlagsRequest(FAMILY, 7, ['backup'])],
    ['endpoint delete', deleteEndpointRequest(FAMILY, 8)],
    ['endpoint show', endpointsRequest(FAMILY)],
    ['limits set', setLimitsRequest(FAMILY, { subflows: 8, addAddrAccepted: 3 })],
    ['limits show', limitsRequest(FAMILY)],
  ])('%s', (name, request) => {
    const theirs = message(`request: ${name}`);
    expect(request.type).toBe(theirs.type);
    expect(request.body.toString('hex')).toBe(theirs.body.toString('hex'));
  });
  test('and reads back as it was written', () => {
    const flags: EndpointFlag[] = ['signal', 'subflow', 'backup', 'fullmesh', 'implicit', 'laminar'];
    const endpoint = fc.record({
      id: fc.integer({ min: 1, max: 255 }),
      address: fc.oneof(fc.ipV4(), fc.ipV6()).map(parseAddress),
      port: fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }),
      flags: fc.subarray(flags),
      index: fc.option(fc.integer({ min: 1, max: 0x7fff_ffff }), { nil: undefined }),
    });
    fc.assert(
      fc.property(endpoint, (one) => {
        const { type, body } = addEndpointRequest(FAMILY, one);
        const read = readEndpoint({ type, flags: 0, sequence: 1, body });
        expect(read && formatAddress(read.address)).toBe(formatAddress(one.address));
        expect(read).toEqual(one);
      }),
    );
  });
});

test('bytes of no sense are read without an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const some = { type: FAMILY, flags: 0, sequence: 1, body: Buffer.from(bytes) };
      readEndpoint(some);
      readLimitsReply(some);
    }),
  );
});
