// What the kernel of a lab host counts of MPTCP, by the names of `nstat` without their prefix.
import type { Host } from '../../src/lab/host.ts';
import { parseMptcpCounters } from '../../src/lab/measure/proc-files.ts';

export async function mptcpCounters(host: Host): Promise<Map<string, number>> {
  return parseMptcpCounters(await host.must(['cat', '/proc/net/netstat']));
}

/** Subflows that came into connections which the host had accepted, those of probes included. */
export async function joinsAccepted(host: Host): Promise<number> {
  return (await mptcpCounters(host)).get('MPJoinAckRx') ?? 0;
}
