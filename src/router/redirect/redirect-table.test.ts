import { expect, test } from 'vitest';
import { type Address, parseAddress } from '../../base/address.ts';
import { parsePrefix } from '../../base/prefix.ts';
import {
  type RedirectTable,
  renderRedirectChange,
  renderRedirectStop,
  renderRedirectTable,
  renderTakeChain,
} from './redirect-table.ts';

const TABLE: RedirectTable = {
  name: 'wanbond',
  method: 'tproxy',
  lanInterfaces: ['br-lan', 'eth0.7'],
  formerLanInterfaces: [],
  port: 5125,
  mark: 0x40000000,
  markMask: 0x40000000,
  bypass: ['10.0.0.0/8', 'fc00::/7', '10.0.0.0/8'].map(parsePrefix),
  bypassPorts: [],
  carry: [],
  quic: 'reject',
  unreachableFamily: 'refuse',
  marked: [],
};

test('the TPROXY table, to the letter: the order of its rules is what keeps port forwards working', () => {
  expect(renderRedirectTable(TABLE)).toBe(`table inet wanbond {
  flags owner
  set bypass4 {
    type ipv4_addr
    flags interval
    auto-merge
    elements = { 10.0.0.0/8 }
  }
  set carry4 {
    type ipv4_addr
    flags interval
    auto-merge
  }
  set bypass6 {
    type ipv6_addr
    flags interval
    auto-merge
    elements = { fc00::/7 }
  }
  set carry6 {
    type ipv6_addr
    flags interval
    auto-merge
  }
  chain prerouting {
    type filter hook prerouting priority mangle; policy accept;
    iifname { "br-lan", "eth0.7" } tcp flags & (syn | ack) != syn socket transparent 1 meta mark set meta mark and 0xbfffffff or 0x40000000 accept
    iifname != { "br-lan", "eth0.7" } return
    meta l4proto != tcp return
    fib daddr type { local, broadcast, anycast, multicast } return
    ip daddr @bypass4 ip daddr != @carry4 return
    ip6 daddr @bypass6 ip6 daddr != @carry6 return
    ct direction reply accept
    goto take
  }
  chain take {
    meta nfproto ipv4 tcp flags & (syn | ack) == syn tproxy ip to 127.0.0.1:5125 meta mark set meta mark and 0xbfffffff or 0x40000000 accept
    meta nfproto ipv6 tcp flags & (syn | ack) == syn tproxy ip6 to [::1]:5125 meta mark set meta mark and 0xbfffffff or 0x40000000 accept
  }
  chain udp_prerouting {
    type filter hook prerouting priority mangle; policy accept;
    iifname != { "br-lan", "eth0.7" } return
    meta l4proto != udp return
    udp dport != 443 return
    ct state != new return
    fib daddr type { local, broadcast, anycast, multicast } return
    ip daddr @bypass4 ip daddr != @carry4 return
    ip6 daddr @bypass6 ip6 daddr != @carry6 return
    goto quic
  }
  chain quic {
    meta nfproto ipv4 reject
    meta nfproto ipv6 reject
  }
  chain output {
    type filter hook output priority mangle - 10; policy accept;
  }
}
`);
});

test('REDIRECT turns away what was not redirected', () => {
  const text = renderRedirectTable({ ...TABLE, method: 'redirect', bypassPorts: [25, 587] });
  expect(text).toContain('type nat hook prerouting');
  expect(text).toContain('tcp dport { 25, 587 } return');
  expect(text).toContain('redirect to :5125');
  expect(text).toContain('tcp dport 5125 ct status & dnat == 0 reject with tcp reset');
  expect(text).not.toContain('tproxy');
});

test('a mark that fills its mask is set as it is', () => {
  const text = renderRedirectTable({ ...TABLE, mark: 5, markMask: 0xffff_ffff });
  expect(text).toContain('socket transparent 1 meta mark set 0x5 accept');
});

test('a table changes in one go, sets and chains that are no more included', () => {
  const after = {
    ...TABLE,
    quic: 'leave',
    lanInterfaces: ['br-lan'],
    formerLanInterfaces: ['eth0.7'],
  } as const;
  const text = renderRedirectChange(TABLE, after, { v4: true, v6: false });
  expect(text.split('\n').slice(0, 8)).toEqual([
    'flush table inet wanbond',
    ...['bypass4', 'carry4', 'bypass6', 'carry6'].map((set) => `flush set inet wanbond ${set}`),
    'delete chain inet wanbond udp_prerouting',
    'delete chain inet wanbond quic',
    'table inet wanbond {',
  ]);
  // The flows of an interface that is LAN no more go on, new ones are not taken.
  expect(text).toContain('iifname { "br-lan", "eth0.7" } tcp flags');
  expect(text).toContain('iifname != { "br-lan" } return');
  // What the server reaches is not forgotten.
  expect(text).toContain('ipv6 tcp flags & (syn | ack) == syn reject with tcp reset');
  expect(renderRedirectChange(TABLE, TABLE, { v4: true, v6: true })).not.toContain('delete');
});

test('the drain empties only the chains that concern new flows', () => {
  expect(renderRedirectStop(TABLE)).toBe('flush chain inet wanbond take\nflush chain inet wanbond quic\n');
  expect(renderRedirectStop({ ...TABLE, quic: 'leave' })).toBe('flush chain inet wanbond take\n');
});

test('QUIC is left alone on request, and where TCP to its port is bypassed', () => {
  for (const change of [{ quic: 'leave' }, { bypassPorts: [443] }] as const) {
    const table = { ...TABLE, ...change };
    expect(renderRedirectTable(table)).not.toContain('quic');
    expect(renderTakeChain(table, { v4: true, v6: false })).not.toContain('quic');
  }
});

test.each(['tproxy', 'redirect'] as const)('a family that the server does not reach (%s)', (method) => {
  const rules = (unreachableFamily: 'refuse' | 'direct'): string[] =>
    renderTakeChain({ ...TABLE, method, unreachableFamily }, { v4: true, v6: false }).split('\n');
  const take4 = 'add rule inet wanbond take meta nfproto ipv4 tcp flags & (syn | ack) == syn ';
  const to = method === 'tproxy' ? 'tproxy ip to 127.0.0.1:5125' : 'redirect to :5125';
  const refused = rules('refuse');
  expect(refused.slice(0, 2)).toEqual(['flush chain inet wanbond take', 'flush chain inet wanbond quic']);
  expect(refused[2]).toContain(`${take4}${to}`);
  expect(refused.slice(3)).toEqual([
    'add rule inet wanbond take meta nfproto ipv6 tcp flags & (syn | ack) == syn reject with tcp reset',
    'add rule inet wanbond quic meta nfproto ipv4 reject',
    'add rule inet wanbond quic meta nfproto ipv6 reject',
    '',
  ]);
  const direct = rules('direct');
  expect(direct[2]).toContain(`${take4}${to}`);
  expect(direct.slice(3)).toEqual(['add rule inet wanbond quic meta nfproto ipv4 reject', '']);
});

test('what goes to the servers is marked before others can do it, unless there is no mark', () => {
  const [address, address6] = ['192.0.2.1', '2001:db8::1'].map(parseAddress) as [Address, Address];
  const marked = [
    { address, port: 5124, mark: 0x3f00 },
    { address: address6, port: 443, mark: 0x3f00 },
    { address, port: 22, mark: 0 },
  ];
  expect(renderRedirectTable({ ...TABLE, marked })).toContain(`  chain output {
    type filter hook output priority mangle - 10; policy accept;
    ip daddr 192.0.2.1 meta l4proto { tcp, udp } th dport 5124 meta mark set meta mark or 0x3f00
    ip6 daddr 2001:db8::1 meta l4proto { tcp, udp } th dport 443 meta mark set meta mark or 0x3f00
  }
}
`);
});
