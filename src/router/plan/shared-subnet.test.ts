import { expect, test } from 'vitest';
import { parseAddress } from '../../base/address.ts';
import { hostFacts } from '../../plan/host-facts.fixture.ts';
import { renderStep } from '../../plan/step.ts';
import { arpIgnore, sharedSubnetSteps } from './shared-subnet.ts';

const FACTS = hostFacts({
  sysctls: new Map(['all', 'eth1.5', 'eth2', 'ppp0', 'ppp1'].map((name) => [arpIgnore(name), '0'])),
  interfaces: [
    ['eth1.5', '192.168.8.100', 120],
    ['eth2', '192.168.8.101', 120],
    ['ppp0', '100.64.0.7', 128],
    ['ppp1', '100.64.0.7', 128],
  ].map(([name, text, bits]) => ({
    name: String(name),
    hasCarrier: true,
    addresses: [{ address: parseAddress(String(text)), bits: Number(bits) }],
  })),
});
const stepsOf = (devices: string[], facts = FACTS): string[] =>
  sharedSubnetSteps(devices, facts).map(renderStep);

test('WANs of one subnet answer for their own addresses only', () => {
  expect(stepsOf(['eth1.5', 'eth2', 'ppp0', 'ppp1'])).toEqual([
    'sysctl -w net.ipv4.conf.eth1/5.arp_ignore=1',
    'sysctl -w net.ipv4.conf.eth2.arp_ignore=1',
  ]);
});

test('a WAN alone in its subnet, and what is set already, are left alone', () => {
  expect(stepsOf(['eth1.5', 'ppp0'])).toEqual([]);
  const one = { ...FACTS, sysctls: new Map([...FACTS.sysctls, [arpIgnore('eth2'), '2']]) };
  expect(stepsOf(['eth1.5', 'eth2'], one)).toEqual(['sysctl -w net.ipv4.conf.eth1/5.arp_ignore=1']);
  const all = { ...FACTS, sysctls: new Map([...FACTS.sysctls, [arpIgnore('all'), '1']]) };
  expect(stepsOf(['eth1.5', 'eth2'], all)).toEqual([]);
});
