// WANs of one subnet, as two modems of one provider give them. When they lie in one broadcast domain too, the kernel
// answers the gateway's question for one WAN's address from every interface, and all downloads come in by one of them.
import { familyOf, sameAddress } from '../../base/address.ts';
import { maskAddress } from '../../base/prefix.ts';
import type { HostFacts } from '../../plan/host-facts.ts';
import type { Step } from '../../plan/step.ts';

/** The larger of the value for `all` and for the interface counts. */
export function arpIgnore(device: string): string {
  return `net.ipv4.conf.${device.replaceAll('.', '/')}.arp_ignore`;
}

/** Each such WAN answers for its own addresses only. @param devices of all WANs that can carry now */
export function sharedSubnetSteps(devices: readonly string[], facts: HostFacts): Step[] {
  const isDeaf = (device: string): boolean => (facts.sysctls.get(arpIgnore(device)) ?? '1') !== '0';
  if (isDeaf('all')) return [];
  return devices
    .filter((device) => !isDeaf(device))
    .filter((device) => devices.some((other) => other !== device && shareSubnet(device, other, facts)))
    .map((device): Step => ({ kind: 'sysctl', name: arpIgnore(device), value: '1' }));
}

function shareSubnet(a: string, b: string, facts: HostFacts): boolean {
  const subnetsOf = (device: string) =>
    (facts.interfaces.find((one) => one.name === device)?.addresses ?? [])
      .filter(({ address, bits }) => familyOf(address) === 4 && bits < 128)
      .map(({ address, bits }) => ({ address: maskAddress(address, bits), bits }));
  const others = subnetsOf(b);
  return subnetsOf(a).some((one) =>
    others.some((other) => other.bits === one.bits && sameAddress(other.address, one.address)),
  );
}
