import { describe, expect, test } from 'vitest';
import { parsePrefix } from '../../../base/prefix.ts';
import { matches, type Tri } from './match.ts';
import type { Packet } from './packet.ts';
import { type Chain, type Json, readRuleset } from './ruleset.ts';

const PACKET: Packet = {
  family: 4,
  iifname: 'lan0',
  oifname: undefined,
  mark: 0x4000_0000,
  source: parsePrefix('192.168.1.0/24'),
  target: parsePrefix('93.184.215.14'),
  targetPort: 443,
  ctStatus: [],
  targetType: 'unicast',
  isTransparent: true,
};
const CHAIN: Chain = {
  family: 'inet',
  table: 't',
  name: 'input',
  hook: 'input',
  type: 'filter',
  priority: 0,
  policy: 'drop',
  rules: [],
};
const RULESET = readRuleset([
  { set: { family: 'inet', table: 't', name: 'lans', type: 'ifname', elem: ['br-*', 'lan0'] } },
  { set: { family: 'inet', table: 't', name: 'timed', elem: [{ elem: { val: 443, timeout: 60 } }] } },
]);

const meta = (key: string): Json => ({ meta: { key } });
const ct = (key: string): Json => ({ ct: { key } });
const payload = (protocol: string, field: string): Json => ({ payload: { protocol, field } });
const masked = (left: Json, mask: unknown): Json => ({ '&': [left, mask] });
const flags = payload('tcp', 'flags');
const saddr = payload('ip', 'saddr');
const prefix = (addr: string, len: number): Json => ({ prefix: { addr, len } });
const fib = (result: string, ...of: string[]): Json => ({ fib: { result, flags: of } });

function judge(left: unknown, op: string, right: unknown, packet: Partial<Packet> = {}): Tri {
  return matches({ left, op, right }, { ...PACKET, ...packet }, { ruleset: RULESET, chain: CHAIN });
}

// As nft 1.0.6 prints them.
describe('a condition of nft', () => {
  test.each<[unknown, string, unknown, Tri]>([
    [meta('iifname'), '==', 'lan0', 'yes'],
    [meta('iifname'), '!=', 'lan0', 'no'],
    [meta('iifname'), '==', 'lan*', 'yes'],
    [meta('iifname'), '==', 'wan*', 'no'],
    [meta('iifname'), '==', { set: ['lan0', 'br-lan'] }, 'yes'],
    [meta('iifname'), '!=', { set: ['lan0', 'wan1'] }, 'no'],
    [meta('iifname'), '==', '@lans', 'yes'],
    [meta('iifname'), '==', '@unknown', 'maybe'],
    [meta('oifname'), '!=', 'wan1', 'no'],
    [meta('l4proto'), '==', { set: ['tcp', 'udp'] }, 'yes'],
    [meta('nfproto'), '==', 'ipv6', 'no'],
    [meta('skuid'), '==', 0, 'maybe'],
    [meta('mark'), '==', 0x4000_0000, 'yes'],
    [meta('mark'), '==', 'named', 'maybe'],
    [masked(meta('mark'), 0x4000_0000), '==', 0x4000_0000, 'yes'],
    [masked(meta('mark'), 0x3f00), '!=', 0, 'no'],
    [masked(meta('mark'), 0x100), '!=', 0x100, 'yes'],
    [payload('tcp', 'dport'), '==', { set: [22, { range: [400, 500] }] }, 'yes'],
    [payload('th', 'dport'), '==', 53, 'no'],
    [payload('tcp', 'dport'), '==', '@timed', 'yes'],
    [payload('tcp', 'sport'), '==', 53, 'maybe'],
    [payload('udp', 'dport'), '!=', 53, 'no'],
    [payload('icmpv6', 'type'), '==', 'echo-request', 'no'],
    [payload('ip', 'protocol'), '==', 'tcp', 'yes'],
    [payload('ip6', 'nexthdr'), '!=', 'udp', 'no'],
    [saddr, '==', prefix('192.168.0.0', 16), 'yes'],
    [saddr, '==', prefix('192.168.1.128', 25), 'maybe'],
    [saddr, '==', '192.168.1.10', 'maybe'],
    [saddr, '!=', prefix('10.0.0.0', 8), 'yes'],
    [saddr, '==', { range: ['192.168.1.1', '192.168.1.9'] }, 'maybe'],
    [payload('ip', 'daddr'), '==', { range: ['93.0.0.0', '94.0.0.0'] }, 'yes'],
    [payload('ip', 'daddr'), '==', { set: ['1.1.1.1', prefix('0.0.0.0', 0)] }, 'yes'],
    [payload('ip6', 'saddr'), '==', prefix('fe80::', 10), 'no'],
    [ct('state'), 'in', ['established', 'related'], 'no'],
    [ct('state'), 'in', ['established', 'new'], 'yes'],
    [ct('state'), '==', { set: ['established', 'new'] }, 'yes'],
    [ct('state'), '!=', 'new', 'no'],
    [ct('status'), 'in', 'dnat', 'no'],
    [ct('mark'), '==', 7, 'maybe'],
    [ct('direction'), '==', 'reply', 'no'],
    [flags, 'in', 'syn', 'yes'],
    [flags, '!=', 'syn', 'no'],
    [masked(flags, ['fin', 'syn', 'rst', 'ack']), '==', 'syn', 'yes'],
    [masked(flags, ['fin', 'rst']), '==', 0, 'yes'],
    [fib('type', 'daddr'), '==', 'local', 'no'],
    [fib('type', 'daddr'), '==', { set: ['local', 'unicast'] }, 'yes'],
    [fib('oif', 'saddr', 'iif'), '==', false, 'maybe'],
    [{ socket: { key: 'transparent' } }, '==', 1, 'yes'],
    [{ 'tcp option': { name: 'mptcp' } }, '==', true, 'maybe'],
    [{ concat: [meta('iifname'), meta('l4proto')] }, '==', { set: [{ concat: ['lan0', 'tcp'] }] }, 'yes'],
    [{ concat: [meta('iifname'), meta('l4proto')] }, '==', { set: [{ concat: ['lan0', 'udp'] }] }, 'no'],
    [meta('length'), '>', 100, 'maybe'],
  ])('%o %s %o: %s', (left, op, right, expected) => {
    expect(judge(left, op, right)).toBe(expected);
  });

  test('of another packet', () => {
    expect(judge(ct('status'), 'in', 'dnat', { ctStatus: ['dnat'] })).toBe('yes');
    expect(judge(meta('oifname'), '==', 'wan1', { oifname: 'wan1' })).toBe('yes');
    expect(judge(meta('mark'), '==', 1, { mark: undefined })).toBe('maybe');
    expect(judge(payload('ip', 'protocol'), '==', 'tcp', { family: 6 })).toBe('no');
  });
});
