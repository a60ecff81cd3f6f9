// Messages of a 6.18 kernel, captured in a namespace while `ip` did what their names say; and bytes of no sense.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../base/address.ts';
import { formatPrefix } from '../../base/prefix.ts';
import * as abi from './abi.ts';
import { encodeAttribute, readAttributes } from './attribute.ts';
import { captured, capturedMessage as message } from './captured.fixture.ts';
import {
  addressesRequest,
  linkRequest,
  linksRequest,
  type RouteNetlinkEvent,
  readRouteNetlink,
  routesRequest,
} from './codec.ts';
import { readFamilyId } from './generic-family.ts';
import { encodeMessage, readDone, readFailure, readMessages } from './message.ts';

/** The event, with addresses and prefixes as text. */
function event(name: string): object | undefined {
  return asText(readRouteNetlink(message(name)));
}

function asText(found: RouteNetlinkEvent | undefined): object | undefined {
  if (found?.kind === 'address') {
    return { ...found, address: formatAddress(found.address), peer: found.peer && formatAddress(found.peer) };
  }
  if (found?.kind !== 'route') return found;
  return {
    ...found,
    destination: formatPrefix(found.destination),
    sourcePrefix: found.sourcePrefix && formatPrefix(found.sourcePrefix),
    preferredSource: found.preferredSource && formatAddress(found.preferredSource),
    nextHops: found.nextHops.map(({ index, gateway }) => [index, gateway && formatAddress(gateway)]),
  };
}

describe('links', () => {
  test('up, with everything that is read', () => {
    expect(event('veth up with carrier')).toEqual({
      kind: 'link',
      isRemoved: false,
      index: 3,
      name: 'wan0',
      isAdminUp: true,
      isRunning: true,
      hasCarrier: true,
      isLoopback: false,
      operState: 'up',
      linkKind: 'veth',
      master: undefined,
    });
  });
  test('without carrier', () => {
    expect(event('veth whose peer went down')).toMatchObject({
      name: 'wan0',
      isAdminUp: true,
      isRunning: false,
      hasCarrier: false,
      operState: 'lower-layer-down',
    });
  });
  test('in a bridge', () => {
    expect(event('port of a bridge')).toMatchObject({ name: 'wan0', master: 4 });
  });
  test('leaving a bridge is not the end of the link', () => {
    expect(message('port leaves its bridge').type).toBe(abi.RTM_DELLINK);
    expect(event('port leaves its bridge')).toBeUndefined();
  });
  test('deleted', () => {
    expect(event('veth deleted')).toMatchObject({ isRemoved: true, index: 3, name: 'wan0' });
  });
});

describe('addresses', () => {
  const plain = {
    isTentative: false,
    isDadFailed: false,
    isDeprecated: false,
    isTemporary: false,
    isSecondary: false,
  };
  test('of IPv4', () => {
    expect(event('IPv4 address')).toEqual({
      kind: 'address',
      isRemoved: false,
      index: 3,
      family: 4,
      address: '192.0.2.10',
      bits: 120,
      peer: undefined,
      scope: 'global',
      ...plain,
    });
  });
  test('of a point-to-point link: ours, not the peer', () => {
    expect(event('IPv4 address with peer')).toMatchObject({ address: '10.64.0.2', peer: '10.64.0.1' });
  });
  test('of IPv6, before and after duplicate address detection', () => {
    expect(event('IPv6 address, tentative')).toMatchObject({ ...plain, isTentative: true });
    expect(event('IPv6 address after detection')).toMatchObject({
      family: 6,
      address: '2001:db8:1::10',
      bits: 64,
      scope: 'global',
      ...plain,
    });
  });
  test('link-local', () => {
    expect(event('IPv6 link-local address')).toMatchObject({ scope: 'link' });
  });
  test('deleted', () => {
    expect(event('IPv4 address deleted')).toMatchObject({ isRemoved: true, address: '192.0.2.10' });
  });
});

describe('routes', () => {
  test('a default route', () => {
    expect(event('IPv4 default route')).toEqual({
      kind: 'route',
      isRemoved: false,
      family: 4,
      destination: '0.0.0.0/0',
      sourcePrefix: undefined,
      preferredSource: undefined,
      table: 254,
      type: 1,
      protocol: 3,
      metric: 20,
      nextHops: [[3, '192.0.2.1']],
    });
  });
  test('over two gateways', () => {
    expect(event('IPv4 route over two gateways')).toMatchObject({
      destination: '198.51.100.0/24',
      nextHops: [
        [3, '192.0.2.1'],
        [3, '10.64.0.1'],
      ],
    });
  });
  test('via a gateway of the other family', () => {
    expect(event('IPv4 route via an IPv6 gateway')).toMatchObject({
      destination: '203.0.113.0/24',
      nextHops: [[3, 'fe80::1']],
    });
  });
  test('that leads nowhere', () => {
    expect(event('unreachable route')).toMatchObject({
      destination: '10.99.0.0/16',
      type: 7,
      nextHops: [[undefined, undefined]],
    });
  });
  test('for one source prefix only, added and deleted', () => {
    const route = {
      destination: '::/0',
      sourcePrefix: '2001:db8:1::/64',
      metric: 512,
      nextHops: [[3, 'fe80::1']],
    };
    expect(event('IPv6 default route with source')).toMatchObject({ ...route, isRemoved: false });
    expect(event('the same deleted')).toMatchObject({ ...route, isRemoved: true });
  });
});

test('the number of a generic family', () => {
  const body = Buffer.from(captured['generic family mptcp_pm, body'] ?? '', 'hex');
  expect(readFamilyId({ type: abi.GENL_ID_CTRL, flags: 0, sequence: 0, body })).toBe(28);
});

describe('the kernel’s errors', () => {
  const failure = (flags: number, body: Buffer) =>
    readFailure({ type: abi.NLMSG_ERROR, flags, sequence: 1, body });
  const errno = Buffer.from([0xfe, 0xff, 0xff, 0xff]);
  const echo = encodeMessage({ type: 26, flags: 1, sequence: 1, body: Buffer.alloc(12) });
  const words = encodeAttribute(abi.NLMSGERR_ATTR_MSG, Buffer.from('FIB table does not exist\0'));

  test('with words, with and without the request', () => {
    expect(failure(0x200, Buffer.concat([errno, echo, words]))).toEqual({
      errno: 2,
      words: 'FIB table does not exist',
    });
    expect(failure(0x300, Buffer.concat([errno, echo.subarray(0, 16), words]))).toEqual({
      errno: 2,
      words: 'FIB table does not exist',
    });
  });
  test('without words', () => {
    expect(failure(0, Buffer.concat([errno, echo]))).toEqual({ errno: 2, words: undefined });
  });
  test('at the end of a dump', () => {
    expect(readDone({ type: abi.NLMSG_DONE, flags: 2, sequence: 1, body: errno })).toBe(2);
    expect(readDone({ type: abi.NLMSG_DONE, flags: 2, sequence: 1, body: Buffer.alloc(4) })).toBe(0);
  });
});

describe('any bytes', () => {
  const TYPES = [16, 17, 20, 21, 24, 25, 99];

  function readEverything(datagram: Buffer): void {
    for (const one of readMessages(datagram)) {
      for (const type of TYPES) readRouteNetlink({ ...one, type });
      readFamilyId(one);
      readFailure(one);
      readDone(one);
    }
  }

  test('without any order are read without an error', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => readEverything(Buffer.from(bytes))));
  });

  test('as the body of a message, too', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(...TYPES), (bytes, type) => {
        readEverything(encodeMessage({ type, flags: 0x300, sequence: 1, body: Buffer.from(bytes) }));
      }),
    );
  });

  test('and real messages that were cut or spoiled', () => {
    const names = fc.constantFrom(...Object.keys(captured));
    const flips = fc.array(fc.tuple(fc.nat(1500), fc.nat(255)), { maxLength: 8 });
    fc.assert(
      fc.property(names, fc.nat(1500), flips, (name, length, changes) => {
        const datagram = Buffer.from(captured[name] ?? '', 'hex');
        for (const [at, value] of changes) if (at < datagram.length) datagram[at] = value;
        readEverything(datagram.subarray(0, length));
        readEverything(datagram);
      }),
      { numRuns: 500 },
    );
  });
});

describe('what is sent', () => {
  test('messages and attributes read back as written', () => {
    const part = fc.record({
      type: fc.nat(0xffff),
      flags: fc.nat(0xffff),
      sequence: fc.nat(0xffff_ffff),
      body: fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
    });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
        const padded = parts.map((one) => Buffer.concat([encodeMessage(one), Buffer.alloc(3)]));
        const datagram = Buffer.concat(padded.map((one) => one.subarray(0, (one.length - 3 + 3) & ~3)));
        expect(readMessages(datagram)).toEqual(parts);
      }),
    );
    fc.assert(
      fc.property(fc.nat(0x3fff), fc.uint8Array({ maxLength: 64 }), (type, payload) => {
        const read = readAttributes(encodeAttribute(type, payload));
        expect(read).toEqual(new Map([[type, Buffer.from(payload)]]));
      }),
    );
  });

  test('requests are as the kernel wants them in strict mode', () => {
    expect(linksRequest().body.toString('hex')).toBe(`${'00'.repeat(16)}08001d0008000000`);
    expect(linkRequest('lo').body.toString('hex')).toBe(`${'00'.repeat(16)}08001d0008000000070003006c6f0000`);
    expect(addressesRequest().body).toHaveLength(8);
    expect(routesRequest(6, abi.RT_TABLE_MAIN).body.toString('hex')).toBe(
      `0a${'00'.repeat(11)}08000f00fe000000`,
    );
  });
});
