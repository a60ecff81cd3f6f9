import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../base/address.ts';
import { parsePrefix } from '../../base/prefix.ts';
import { decideEgress, type EgressPolicy } from './egress.ts';

const OPEN: EgressPolicy = {
  families: { v4: true, v6: true },
  own: [parseAddress('203.0.113.1'), parseAddress('2001:db8::1')],
  allow: [],
  deny: [],
  allowByKey: new Map(),
};
const KEY = { keyId: 1 };

function decide(text: string, policy: Partial<EgressPolicy> = {}, keyId = 1): string {
  return decideEgress({ ...OPEN, ...policy }, { keyId }, { address: parseAddress(text), port: 443 });
}

test('an address that the kernel would dial from itself is this host, known or not', () => {
  const [address, elsewhere] = [parseAddress('192.0.2.7'), parseAddress('192.0.2.8')];
  const target = { address, port: 22 };
  expect(decideEgress(OPEN, KEY, target, address)).toBe('denied');
  expect(decideEgress(OPEN, KEY, target, elsewhere)).toBe('allowed');
  const allow = [parsePrefix('192.0.2.7')];
  expect(decideEgress({ ...OPEN, allow }, KEY, target, address)).toBe('allowed');
});

test('what the network leads through this host may go to private targets, but not to this host, nor where denied', () => {
  const inPath = (text: string, policy: Partial<EgressPolicy> = {}): string =>
    decideEgress(
      { ...OPEN, ...policy },
      { keyId: undefined, inPath: { source: undefined } },
      { address: parseAddress(text), port: 443 },
      parseAddress('203.0.113.1'),
    );
  expect(['10.1.2.3', 'fd00::1', '192.0.2.1'].map((text) => inPath(text))).toEqual(
    Array.from({ length: 3 }, () => 'allowed'),
  );
  const own = '203.0.113.1';
  expect([own, '127.0.0.1', '224.0.0.1'].map((text) => inPath(text))).toEqual(
    Array.from({ length: 3 }, () => 'denied'),
  );
  expect(inPath(own, { allow: [parsePrefix(own)] })).toBe('denied');
  expect(inPath('10.1.2.3', { deny: [parsePrefix('10.0.0.0/8')] })).toBe('denied');
});

test('a prefix of IPv6 says nothing of IPv4', () => {
  const everywhere6 = [parsePrefix('::/0')];
  expect(decide('fd00::1', { allow: everywhere6 })).toBe('allowed');
  expect(decide('10.1.2.3', { allow: everywhere6 })).toBe('denied');
  expect(decide('8.8.8.8', { deny: everywhere6 })).toBe('allowed');
});

test('a family that came after the start is reachable', () => {
  const policy = { ...OPEN, families: { v4: true, v6: false } };
  const target = { address: parseAddress('2001:db8:1::1'), port: 443 };
  expect(decideEgress(policy, KEY, target)).toBe('no-family');
  expect(decideEgress(policy, KEY, target, parseAddress('2001:db8::9'))).toBe('allowed');
});

describe('by default', () => {
  test.each(['192.0.2.1', '8.8.8.8', '2001:db8:1::1'])('%s is allowed', (text) => {
    expect(decide(text)).toBe('allowed');
  });
  test.each([
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '169.254.169.254',
    '127.0.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    'fe80::1',
    'fd00::1',
    '::1',
    '::',
    'ff02::1',
    '64:ff9b::a00:1',
    '2002:a00:1::1',
    '203.0.113.1',
    '2001:db8::1',
  ])('%s is denied', (text) => {
    expect(decide(text)).toBe('denied');
  });
  test.each(['172.15.255.255', '172.32.0.1', '100.63.255.255', '100.128.0.1'])(
    '%s beside a range is allowed',
    (text) => {
      expect(decide(text)).toBe('allowed');
    },
  );
});

test('allow opens a private prefix, for one key or for all, and never loopback', () => {
  const allowByKey = new Map([[7, [parsePrefix('10.0.0.0/8')]]]);
  expect(decide('10.1.2.3', { allowByKey }, 7)).toBe('allowed');
  expect(decide('10.1.2.3', { allowByKey }, 8)).toBe('denied');
  expect(decide('10.1.2.3', { allow: [parsePrefix('10.0.0.0/8')] })).toBe('allowed');
  expect(decide('127.0.0.1', { allow: [parsePrefix('0.0.0.0/0')] })).toBe('denied');
});

test('deny wins, and a family without a route is told apart', () => {
  expect(decide('8.8.8.8', { deny: [parsePrefix('8.8.8.0/24')], allow: [parsePrefix('0.0.0.0/0')] })).toBe(
    'denied',
  );
  expect(decide('2001:db8:1::1', { families: { v4: true, v6: false } })).toBe('no-family');
});
