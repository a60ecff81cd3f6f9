import { expect, test } from 'vitest';
import { parsePrefix } from '../base/prefix.ts';
import type { InterceptConfig } from '../config/intercept.ts';
import { renderInterceptStop, renderInterceptTable } from './intercept-table.ts';

const PLAIN: InterceptConfig = {
  interfaces: ['eth1'],
  ports: [80, 443],
  targets: [],
  isSourcePreserved: false,
  targetInterfaces: [],
};
const PRESERVING: InterceptConfig = {
  interfaces: ['eth1', 'eth0.7'],
  ports: [8443],
  targets: ['10.9.0.0/16', 'fd00::/8'].map((text) => parsePrefix(text)),
  isSourcePreserved: true,
  targetInterfaces: ['eth2'],
};
const TRAFFIC = {
  devices: ['eth1', 'eth0.7', 'eth2'],
  mark: 0x2000_0000,
  mask: 0x2000_0000,
  table: 7781,
  rulePriority: 801,
};
const MARK = 'meta mark set meta mark and 0xdfffffff or 0x20000000 accept';

test('the table, to the letter: only openings are taken, and answers to transparent sockets before anything else', () => {
  expect(renderInterceptTable([PLAIN, PRESERVING], TRAFFIC)).toBe(`table inet wanbond_intercept {
  flags owner
  set targets1_v4 {
    type ipv4_addr
    flags interval
    auto-merge
    elements = { 10.9.0.0/16 }
  }
  set targets1_v6 {
    type ipv6_addr
    flags interval
    auto-merge
    elements = { fd00::/8 }
  }
  chain prerouting {
    type filter hook prerouting priority mangle; policy accept;
    iifname { "eth1", "eth0.7", "eth2" } tcp flags & (syn | ack) != syn socket transparent 1 ${MARK}
    meta l4proto != tcp return
    fib daddr type { local, broadcast, anycast, multicast } return
    ct direction reply accept
    goto take
  }
  chain take {
    meta nfproto ipv4 iifname { "eth1" } tcp dport { 80, 443 } tcp flags & (syn | ack) == syn tproxy ip to 127.0.0.1 ${MARK}
    meta nfproto ipv6 iifname { "eth1" } tcp dport { 80, 443 } tcp flags & (syn | ack) == syn tproxy ip6 to [::1] ${MARK}
    meta nfproto ipv4 iifname { "eth1", "eth0.7" } ip daddr @targets1_v4 tcp dport { 8443 } tcp flags & (syn | ack) == syn tproxy ip to 127.0.0.1 ${MARK}
    meta nfproto ipv6 iifname { "eth1", "eth0.7" } ip6 daddr @targets1_v6 tcp dport { 8443 } tcp flags & (syn | ack) == syn tproxy ip6 to [::1] ${MARK}
  }
}
`);
  expect(renderInterceptStop()).toBe('flush chain inet wanbond_intercept take\n');
});
