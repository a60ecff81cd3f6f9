import { expect, test } from 'vitest';
import { parseAddress } from '../../base/address.ts';
import { hostFacts } from '../../plan/host-facts.fixture.ts';
import { type HostFacts, isSatisfied, refuseConflicts, undoOf } from '../../plan/host-facts.ts';
import { ruleFact } from '../../plan/rule-fact.fixture.ts';
import { renderStep, renderUndo } from '../../plan/step.ts';
import { knownServers } from '../../wan/servers/known-servers.ts';
import { routerConfig } from '../router-config.fixture.ts';
import { routerPlan, routerSysctls } from './router-plan.ts';

const config = routerConfig({ dslDevice: 'eth1.100' });

const address = (text: string, bits: number) => ({ address: parseAddress(text), bits });
const FACTS = hostFacts({
  sysctls: new Map([
    ['net.mptcp.enabled', '1'],
    ['net.ipv6.conf.lo.disable_ipv6', '0'],
    ['net.mptcp.blackhole_timeout', '3600'],
    ['net.mptcp.close_timeout', '60'],
    ['net.ipv4.tcp_mtu_probing', '0'],
    ['net.ipv4.tcp_rmem', '4096 131072 6291456'],
    ['net.ipv4.tcp_wmem', '4096 16384 33554432'],
    ['net.ipv4.conf.all.rp_filter', '0'],
    ['net.ipv4.conf.eth1/100.rp_filter', '1'],
    ['net.ipv4.conf.wwan0.rp_filter', '0'],
  ]),
  limits: { subflows: 2, addAddrAccepted: 0 },
  endpoints: [{ id: 1, address: '192.0.2.77', device: undefined, flags: ['signal'] }],
  interfaces: [
    {
      name: 'eth1.100',
      hasCarrier: true,
      addresses: [address('192.0.2.10', 120), address('2001:db8::10', 64)],
    },
    { name: 'wwan0', hasCarrier: true, addresses: [address('198.51.100.20', 120)] },
    { name: 'br-lan', hasCarrier: true, addresses: [address('192.168.1.1', 120)] },
  ],
});

const bonded = (name: string, device: string, ...sources: string[]) => ({
  name,
  interface: device,
  sources: sources.map((text) => parseAddress(text)),
  isBackup: false,
});
const WANS = [bonded('dsl', 'eth1.100', '192.0.2.10'), bonded('lte', 'wwan0', '198.51.100.20')];
const SERVERS = knownServers(config, new Map());
const planOf = (facts: HostFacts) => routerPlan(config, { wans: WANS, servers: SERVERS }, 'tproxy', facts);
const commands = (facts: HostFacts) =>
  planOf(facts)
    .filter((step) => step.kind !== 'owner-table' && !isSatisfied(step, facts))
    .map(renderStep);

test('the plan as commands', () => {
  expect(commands(FACTS)).toEqual([
    'sysctl -w net.mptcp.close_timeout=600',
    'sysctl -w net.ipv4.tcp_rmem="4096 131072 16777216"',
    'sysctl -w net.ipv4.tcp_mtu_probing=1',
    'ip mptcp limits set subflows 8 add_addr_accepted 8',
    'sysctl -w net.mptcp.blackhole_timeout=0',
    'sysctl -w net.ipv4.conf.eth1/100.rp_filter=2',
    'ip mptcp endpoint add 192.0.2.10 id 2 dev eth1.100 subflow',
    'ip mptcp endpoint add 198.51.100.20 id 3 dev wwan0 subflow',
    'ip -4 route add local 0.0.0.0/0 dev lo table 7780',
    'ip -4 rule add iif br-lan fwmark 0x40000000/0x40000000 lookup 7780 priority 800',
    'ip -6 route add local ::/0 dev lo table 7780',
    'ip -6 rule add iif br-lan fwmark 0x40000000/0x40000000 lookup 7780 priority 800',
  ]);
});

test.each(['1', undefined])(
  'a host without IPv6 gets no route and no rule for it (disable_ipv6: %s)',
  (off) => {
    const sysctls = new Map(FACTS.sysctls);
    if (off === undefined) sysctls.delete('net.ipv6.conf.lo.disable_ipv6');
    else sysctls.set('net.ipv6.conf.lo.disable_ipv6', off);
    const texts = commands({ ...FACTS, sysctls }).join('\n');
    expect(texts).toContain('ip -4 rule add iif br-lan');
    expect(texts).not.toContain('ip -6');
  },
);

test('its reverse puts back what was there', () => {
  const undos = planOf(FACTS)
    .filter((step) => !isSatisfied(step, FACTS))
    .flatMap((step) => undoOf(step, FACTS) ?? []);
  const texts = undos.map(renderUndo);
  expect(texts).toContain('sysctl -w net.ipv4.tcp_rmem="4096 131072 6291456"');
  expect(texts).toContain('ip mptcp limits set subflows 2 add_addr_accepted 0');
  expect(texts).toContain('sysctl -w net.ipv4.conf.eth1/100.rp_filter=1');
  expect(texts).toContain('ip mptcp endpoint delete id 2');
});

test('what is so already, or unknown to this kernel, is no step', () => {
  const sysctls = new Map(FACTS.sysctls);
  sysctls.delete('net.mptcp.blackhole_timeout');
  const [mark, mask] = [0x40000000, 0x40000000];
  const rule = ruleFact(800, { device: 'br-lan', mark, mask, table: 7780 });
  const facts: HostFacts = {
    ...FACTS,
    sysctls,
    rules: [rule],
    limits: { subflows: 8, addAddrAccepted: 8 },
    endpoints: [{ id: 9, address: '192.0.2.10', device: 'eth1.100', flags: ['subflow'] }],
  };
  const texts = commands(facts).join('\n');
  expect(texts).not.toContain('blackhole');
  expect(texts).not.toContain('-4 rule');
  expect(texts).not.toContain('limits');
  expect(texts).not.toContain('endpoint add 192.0.2.10');
  expect(texts).toContain('endpoint add 198.51.100.20 id 1 dev wwan0');
});

test('a foreign endpoint with our address and other flags is a conflict, told before anything is done', () => {
  const endpoints = [{ id: 5, address: '192.0.2.10', device: 'eth1.100', flags: ['subflow', 'backup'] }];
  const facts = { ...FACTS, endpoints };
  expect(() => refuseConflicts(planOf(facts), facts)).toThrow(/in the way/);
});

test('one that this run made itself is no conflict', () => {
  const endpoints = [{ id: 5, address: '192.0.2.10', device: 'eth1.100', flags: ['subflow', 'backup'] }];
  const facts = { ...FACTS, endpoints };
  const made = [{ kind: 'endpoint' as const, id: 5, address: '192.0.2.10', device: 'eth1.100' }];
  expect(() => refuseConflicts(planOf(facts), facts, made)).not.toThrow();
});

test('the sysctls that the plan needs are asked for', () => {
  expect(routerSysctls(config)).toContain('net.ipv4.conf.eth1/100.rp_filter');
  expect(routerSysctls(config)).toContain('net.ipv4.conf.all.rp_filter');
  expect(routerSysctls(config)).toContain('net.ipv6.conf.lo.disable_ipv6');
});

test('TCP Fast Open is allowed where the config asks for it, beside what the host allows already', () => {
  const asked = { ...config, relay: { ...config.relay, fastOpen: true } };
  const valueFrom = (now: string): string | undefined =>
    routerPlan(asked, { wans: WANS, servers: SERVERS }, 'tproxy', {
      ...FACTS,
      sysctls: new Map([...FACTS.sysctls, ['net.ipv4.tcp_fastopen', now]]),
    })
      .map(renderStep)
      .find((command) => command.includes('tcp_fastopen'));
  expect(['0', '1', '2', '1027'].map(valueFrom)).toEqual([
    'sysctl -w net.ipv4.tcp_fastopen=1',
    undefined,
    'sysctl -w net.ipv4.tcp_fastopen=3',
    undefined,
  ]);
  expect(routerSysctls(config)).toContain('net.ipv4.tcp_fastopen');
  expect(commands({ ...FACTS, sysctls: new Map([['net.ipv4.tcp_fastopen', '0']]) }).join()).not.toContain(
    'tcp_fastopen',
  );
});
