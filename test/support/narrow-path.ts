// A path through which less fits than the interfaces at its ends say, and whose router does not tell: what is too
// large vanishes. The router of the path is the lab's `net`; both directions are narrow.
import { SERVER, type WanAddresses } from '../../src/lab/addresses.ts';
import type { Lab } from '../../src/lab/lab.ts';

const TABLE = '100';

/** @param mtuBytes of IP packets; larger ones over `wan` are dropped */
export async function narrowPath(lab: Lab, wan: WanAddresses, mtuBytes: number): Promise<void> {
  const { net } = lab.hosts;
  const towards = `dev ${SERVER.netDevice} mtu ${mtuBytes} table ${TABLE}`;
  await net.ip([
    `link set dev ${wan.gatewayDevice} mtu ${mtuBytes}`,
    `route add ${SERVER.address4}/32 ${towards}`,
    `route add ${SERVER.address6}/128 ${towards}`,
    `rule add iif ${wan.gatewayDevice} lookup ${TABLE}`,
  ]);
  await net.must(['ip', '-6', 'rule', 'add', 'iif', wan.gatewayDevice, 'lookup', TABLE]);
  const silent = ['icmp type destination-unreachable', 'icmpv6 type packet-too-big'];
  const rules = silent.map((match) => `${match} counter drop\n`).join('');
  const chain = `chain out {\ntype filter hook output priority 0\n${rules}}\n`;
  await net.must(['nft', '-f', '-'], { input: `table inet narrow {\n${chain}}\n` });
}

/** How many times the path's router would have told that a packet was too large. */
export async function untoldDrops(lab: Lab): Promise<number> {
  const listing = await lab.hosts.net.must(['nft', 'list', 'table', 'inet', 'narrow']);
  return [...listing.matchAll(/counter packets (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
}
