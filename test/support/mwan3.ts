// A router that another program balances, as mwan3 does it: marks of its own for each WAN, rules and tables by its
// numbers (each table has the connected networks too), a policy that spreads what has no other, and one for a port that always takes the second WAN.
import { LAN, type WanAddresses } from '../../src/lab/addresses.ts';
import type { Host } from '../../src/lab/host.ts';

const MASK = '0x3f00';
/** UDP and TCP to this port leave by the second WAN. */
export const SECOND_WAN_PORT = 5400;

const LAN_PREFIX = LAN.router4.replace(/\d+$/, `0/${LAN.length4}`);

const markOf = (index: number): string => `0x${(index + 1).toString(16)}00`;

export async function startMwan3(router: Host, wans: readonly WanAddresses[]): Promise<void> {
  await router.ip(
    wans.flatMap((wan, i) => {
      const id = i + 1;
      return [
        ...wans.map(
          ({ gateway4, device, router4 }) =>
            `route add ${gateway4}/32 dev ${device} src ${router4} table ${id}`,
        ),
        `route add ${LAN_PREFIX} dev ${LAN.routerDevice} table ${id}`,
        `route add default via ${wan.gateway4} dev ${wan.device} table ${id}`,
        `rule add pref ${1000 + id} iif ${wan.device} lookup ${id}`,
        `rule add pref ${2000 + id} fwmark ${markOf(i)}/${MASK} lookup ${id}`,
        `rule add pref ${3000 + id} fwmark ${markOf(i)}/${MASK} unreachable`,
      ];
    }),
  );
  await router.ip([
    `rule add pref 2061 fwmark 0x3d00/${MASK} blackhole`,
    `rule add pref 2062 fwmark 0x3e00/${MASK} unreachable`,
  ]);
  await router.must(['iptables-restore', '--noflush'], { input: mangle(wans) });
}

function mangle(wans: readonly WanAddresses[]): string {
  const unmarked = `-m mark --mark 0x0/${MASK}`;
  const set = (mark: string): string => `-j MARK --set-xmark ${mark}/${MASK}`;
  const connected = [`${LAN.router4}/${LAN.length4}`, ...wans.map((wan) => `${wan.gateway4}/${wan.length4}`)];
  const lines = [
    ...['PREROUTING', 'OUTPUT'].map((chain) => `-A ${chain} -j mwan3_hook`),
    `-A mwan3_hook ${unmarked} -j CONNMARK --restore-mark --nfmask ${MASK} --ctmask ${MASK}`,
    ...['mwan3_ifaces_in', 'mwan3_connected', 'mwan3_rules'].map(
      (chain) => `-A mwan3_hook ${unmarked} -j ${chain}`,
    ),
    `-A mwan3_hook -j CONNMARK --save-mark --nfmask ${MASK} --ctmask ${MASK}`,
    `-A mwan3_hook -m mark ! --mark ${MASK}/${MASK} -j mwan3_connected`,
    ...wans.flatMap((wan, i) => [
      ...connected.map((net) => `-A mwan3_ifaces_in -i ${wan.device} -s ${net} ${unmarked} ${set(MASK)}`),
      `-A mwan3_ifaces_in -i ${wan.device} ${unmarked} ${set(markOf(i))}`,
    ]),
    ...connected.map((net) => `-A mwan3_connected -d ${net} ${set(MASK)}`),
    ...['udp', 'tcp'].map(
      (protocol) => `-A mwan3_rules -p ${protocol} --dport ${SECOND_WAN_PORT} ${unmarked} ${set(markOf(1))}`,
    ),
    `-A mwan3_rules ${unmarked} -m statistic --mode random --probability 0.5 ${set(markOf(0))}`,
    `-A mwan3_rules ${unmarked} ${set(markOf(1))}`,
  ];
  const chains = ['hook', 'ifaces_in', 'connected', 'rules'].map((name) => `:mwan3_${name} - [0:0]`);
  return ['*mangle', ...chains, ...lines, 'COMMIT', ''].join('\n');
}
