// The kernel set-up that router and server share: MPTCP on, its limits, and room in the socket buffers.
import type { HostFacts } from './host-facts.ts';
import type { Step } from './step.ts';

// The most the in-kernel path manager takes (net/mptcp/protocol.h, MPTCP_PM_ADDR_MAX).
const MAX_SUBFLOWS = 8;

export const BUFFER_SYSCTLS = ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem'] as const;

export function kernelSteps(facts: HostFacts, bufferMaxBytes: number): Step[] {
  return [
    { kind: 'sysctl', name: 'net.mptcp.enabled', value: '1' },
    ...BUFFER_SYSCTLS.flatMap((name) => raiseBufferMaximum(name, facts.sysctls.get(name), bufferMaxBytes)),
    { kind: 'limits', subflows: MAX_SUBFLOWS, addAddrAccepted: MAX_SUBFLOWS },
  ];
}

/** SO_RCVBUF and SO_SNDBUF would switch autotuning off on every subflow: only the maxima are raised. */
function raiseBufferMaximum(name: string, now: string | undefined, bytes: number): Step[] {
  const [minimum, initial, maximum] = now?.split(' ') ?? [];
  if (minimum === undefined || initial === undefined || Number(maximum) >= bytes) return [];
  return [{ kind: 'sysctl', name, value: `${minimum} ${initial} ${bytes}` }];
}
