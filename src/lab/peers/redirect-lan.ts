// The rule with which transparent proxies of others are used on a router: connections from the LAN go to their port.
import { LAN, ORIGIN } from '../addresses.ts';
import type { Lab } from '../lab.ts';

/** All that LAN devices open to the origin, over IPv4. Returns what takes the rule away. */
export async function redirectLan(lab: Lab, port: number): Promise<() => Promise<void>> {
  const { router } = lab.hosts;
  const rule = `iifname "${LAN.routerDevice}" ip daddr ${ORIGIN.address4} tcp dport 1-65535 redirect to :${port}`;
  const chain = `type nat hook prerouting priority dstnat\n${rule}`;
  await router.must(['nft', '-f', '-'], {
    input: `table inet interop {\nchain from_lan {\n${chain}\n}\n}\n`,
  });
  return async () => {
    await router.must(['nft', 'delete', 'table', 'inet', 'interop']);
  };
}
