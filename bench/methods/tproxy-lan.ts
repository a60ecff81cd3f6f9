// The rules with which a transparent proxy is used on a router: what LAN devices open goes to its port, unchanged.
import { LAN } from '../../src/lab/addresses.ts';
import type { Lab } from '../../src/lab/lab.ts';

/** Where the proxy must listen, with IP_TRANSPARENT. */
export const PROXY = { address: '127.0.0.1', port: 3129 } as const;

const MARK = '0x1';
const TABLE = '100';

/**
 * The kernel's tproxy.rst. SYNs are always looked up anew: an opening from a port that was just used would be diverted to a
 * socket in TIME_WAIT, and wait for its retransmission. Addresses of the router itself stay its own. IPv4.
 */
export async function tproxyLan(lab: Lab): Promise<void> {
  const { router } = lab.hosts;
  await router.ip([
    `rule add fwmark ${MARK} lookup ${TABLE}`,
    `route add local 0.0.0.0/0 dev lo table ${TABLE}`,
  ]);
  await router.must(['nft', '-f', '-'], {
    input: `table ip tproxy_lan {
  chain prerouting {
    type filter hook prerouting priority mangle; policy accept;
    iifname != "${LAN.routerDevice}" return
    fib daddr type local return
    tcp flags & (syn | ack) != syn socket transparent 1 meta mark set ${MARK} accept
    tcp flags & (syn | ack) == syn tproxy to ${PROXY.address}:${PROXY.port} meta mark set ${MARK} accept
  }
}
`,
  });
}
