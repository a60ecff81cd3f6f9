import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../base/address.ts';
import { hostFacts } from '../../plan/host-facts.fixture.ts';
import { type HostFacts, isSatisfied, refuseConflicts, undoOf } from '../../plan/host-facts.ts';
import { renderStep, renderUndo } from '../../plan/step.ts';
import { listeningSteps, NAT_TABLE, natSteps, natSysctls, natTables, renderNatTable } from './nat-plan.ts';
import { routerConfig } from '../router-config.fixture.ts';

const configOf = (nat: boolean) =>
  routerConfig({ top: `nat = ${nat}`, lans: ['br-lan', 'br-guest'], dslDevice: 'eth1.100' });
const config = configOf(true);

const lanWith = (text: string) => ({
  name: 'br-lan',
  hasCarrier: true,
  addresses: [{ address: parseAddress(text), bits: 64 }],
});
const factsOf = (sysctls: Record<string, string>, lan = '2001:db8:1::1'): HostFacts =>
  hostFacts({ sysctls: new Map(Object.entries(sysctls)), interfaces: [lanWith(lan)] });
const FRESH = {
  'net.ipv4.ip_forward': '0',
  'net.ipv4.conf.all.forwarding': '0',
  'net.ipv4.conf.all.accept_redirects': '1',
  'net.ipv4.conf.wwan0.forwarding': '0',
  'net.ipv6.conf.all.forwarding': '0',
  'net.ipv6.conf.default.forwarding': '0',
  'net.ipv6.conf.eth1/100.accept_ra': '0',
  'net.ipv6.conf.wwan0.accept_ra': '1',
  'net.ipv6.conf.br-guest.accept_ra': '1',
};

const commands = (facts: HostFacts): string[] =>
  natSteps(config, facts)
    .filter((step) => step.kind !== 'table' && !isSatisfied(step, facts))
    .map(renderStep);
const undos = (facts: HostFacts): string[] =>
  natSteps(config, facts)
    .filter((step) => !isSatisfied(step, facts))
    .flatMap((step) => undoOf(step, facts) ?? [])
    .map(renderUndo);

test('without `nat` nothing is asked and nothing done', () => {
  const without = configOf(false);
  expect([...natSysctls(without), ...natTables(without), ...natSteps(without, factsOf(FRESH))]).toEqual([]);
});

test('the table, to the letter: as nft lists it, to be known again', () => {
  expect(renderNatTable(config)).toBe(`table inet wanbond_nat {
\tchain forward {
\t\ttype filter hook forward priority mangle; policy accept;
\t\toifname "eth1.100" tcp flags syn tcp option maxseg size set rt mtu
\t\toifname "wwan0" tcp flags syn tcp option maxseg size set rt mtu
\t}

\tchain postrouting {
\t\ttype nat hook postrouting priority srcnat; policy accept;
\t\tiifname "br-lan" oifname "eth1.100" masquerade
\t\tiifname "br-lan" oifname "wwan0" masquerade
\t\tiifname "br-guest" oifname "eth1.100" masquerade
\t\tiifname "br-guest" oifname "wwan0" masquerade
\t}
}
`);
});

describe('forwarding', () => {
  test('WANs that listen to router advertisements go on listening, and are told before', () => {
    expect(commands(factsOf(FRESH))).toEqual([
      'sysctl -w net.ipv4.ip_forward=1',
      'sysctl -w net.ipv6.conf.wwan0.accept_ra=2',
      'sysctl -w net.ipv6.conf.all.forwarding=1',
    ]);
  });

  test.each(['fd00::1', 'fe80::1', '192.168.1.1'])('of IPv6 is not for a LAN with only %s', (lan) => {
    expect(commands(factsOf(FRESH, lan))).toEqual(['sysctl -w net.ipv4.ip_forward=1']);
  });

  test('that is on stays as it is', () => {
    const on = { ...FRESH, 'net.ipv4.ip_forward': '1', 'net.ipv6.conf.all.forwarding': '1' };
    expect(commands(factsOf(on))).toEqual([]);
  });

  test('its reverse puts back what the kernel would not', () => {
    expect(undos(factsOf(FRESH))[0]).toBe('sysctl -w net.ipv4.ip_forward=0');
    const hardened = {
      ...FRESH,
      'net.ipv4.conf.all.accept_redirects': '0',
      'net.ipv4.conf.wwan0.forwarding': '1',
      'net.ipv6.conf.default.forwarding': '1',
    };
    expect(undos(factsOf(hardened))).toEqual([
      'sysctl -w net.ipv4.ip_forward=0\nsysctl -w net.ipv4.conf.all.accept_redirects=0\nsysctl -w net.ipv4.conf.wwan0.forwarding=1',
      'sysctl -w net.ipv6.conf.wwan0.accept_ra=1',
      'sysctl -w net.ipv6.conf.all.forwarding=0\nsysctl -w net.ipv6.conf.default.forwarding=1',
      'nft delete table inet wanbond_nat',
    ]);
  });
});

test('an equal table is adopted, another one of the name is in the way', () => {
  const listed = renderNatTable(config).replaceAll('\t', '    ');
  const equal = { ...factsOf(FRESH), tables: new Map([[NAT_TABLE, listed]]) };
  expect(() => refuseConflicts(natSteps(config, equal), equal)).not.toThrow();
  expect(undos(equal).join('\n')).not.toContain('delete table');
  const other = { ...equal, tables: new Map([[NAT_TABLE, listed.replace('wwan0', 'ppp0')]]) };
  expect(() => refuseConflicts(natSteps(config, other), other)).toThrow(/inet wanbond_nat/);
});

test('a WAN that comes later hears router advertisements, where the forwarding is ours', () => {
  const facts = factsOf({ ...FRESH, 'net.ipv6.conf.eth1/100.accept_ra': '1' });
  const made = natSteps(config, facts).flatMap((step) => {
    const undo = undoOf(step, facts);
    return undo?.kind === 'sysctl' ? [undo] : [];
  });
  expect(listeningSteps(config, facts, made).map(renderStep)).toEqual([
    'sysctl -w net.ipv6.conf.eth1/100.accept_ra=2',
    'sysctl -w net.ipv6.conf.wwan0.accept_ra=2',
  ]);
  expect(listeningSteps(config, facts, [])).toEqual([]);
  expect(listeningSteps(configOf(false), facts, made)).toEqual([]);
});
