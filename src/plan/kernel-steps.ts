// The kernel set-up that router and server share: MPTCP on, its limits, and room in the socket buffers.
import type { HostFacts } from './host-facts.ts';
import type { Step } from './step.ts';

// The most the in-kernel path manager takes (net/mptcp/protocol.h, MPTCP_PM_ADDR_MAX).
const MAX_SUBFLOWS = 8;

const PROBING = 'net.ipv4.tcp_mtu_probing';
const BUFFER_SYSCTLS = ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem'] as const;

/** What these steps depend on. */
export const KERNEL_SYSCTLS = ['net.mptcp.enabled', PROBING, ...BUFFER_SYSCTLS] as const;

export function kernelSteps(facts: HostFacts, bufferMaxBytes: number): Step[] {
  return [
    { kind: 'sysctl', name: 'net.mptcp.enabled', value: '1' },
    ...BUFFER_SYSCTLS.flatMap((name) => raiseBufferMaximum(name, facts.sysctls.get(name), bufferMaxBytes)),
    ...probePathMtu(facts.sysctls.get(PROBING)),
    { kind: 'limits', subflows: MAX_SUBFLOWS, addAddrAccepted: MAX_SUBFLOWS },
  ];
}

/** SO_RCVBUF and SO_SNDBUF would switch autotuning off on every subflow: only the maxima are raised. */
function raiseBufferMaximum(name: string, now: string | undefined, bytes: number): Step[] {
  const [minimum, initial, maximum] = now?.split(' ') ?? [];
  if (minimum === undefined || initial === undefined || Number(maximum) >= bytes) return [];
  return [{ kind: 'sysctl', name, value: `${minimum} ${initial} ${bytes}` }];
}

/** A path that takes less than its interface says, and lets no ICMP back, is found out by trying. 2 is more still. */
function probePathMtu(now: string | undefined): Step[] {
  return now === '0' ? [{ kind: 'sysctl', name: PROBING, value: '1' }] : [];
}
