// The kernel set-up that router and server share: MPTCP on, its limits, and room in the socket buffers.
import type { HostFacts } from './host-facts.ts';
import type { Step } from './step.ts';

// The most the in-kernel path manager takes (net/mptcp/protocol.h, MPTCP_PM_ADDR_MAX).
const MAX_SUBFLOWS = 8;

const PROBING = 'net.ipv4.tcp_mtu_probing';
// How long a connection may be left without any subflow before the kernel gives it up: a van in a tunnel comes back after
// minutes, and TCP itself tries for 15 on a subflow that is left. Longer would not help many, and the sockets of a router
// that lost its power wait for so long in the server's memory. A closed connection has its 60 s whatever is set here
// (mptcp_close_timeout() in net/mptcp/ctrl.c), and kernels without the setting know no other for any.
const CLOSE_TIMEOUT = 'net.mptcp.close_timeout';
const CLOSE_TIMEOUT_S = 600;

// Bit 1: sockets of this host may ask for it, bit 2: listeners may take it (ip-sysctl.rst). A default of Linux has bit 1.
const FAST_OPEN = 'net.ipv4.tcp_fastopen';
export const FAST_OPEN_BIT = { client: 1, server: 2 } as const;

const BUFFER_SYSCTLS = ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem'] as const;

/** What these steps depend on. */
export const KERNEL_SYSCTLS = [
  'net.mptcp.enabled',
  CLOSE_TIMEOUT,
  PROBING,
  FAST_OPEN,
  ...BUFFER_SYSCTLS,
] as const;

export function kernelSteps(facts: HostFacts, bufferMaxBytes: number): Step[] {
  return [
    { kind: 'sysctl', name: 'net.mptcp.enabled', value: '1' },
    ...keepWithoutSubflows(facts.sysctls.get(CLOSE_TIMEOUT)),
    ...bufferSteps(facts, bufferMaxBytes),
    ...probePathMtu(facts.sysctls.get(PROBING)),
    { kind: 'limits', subflows: MAX_SUBFLOWS, addAddrAccepted: MAX_SUBFLOWS },
  ];
}

/** TCP Fast Open for one side, where the config asks for it; what the host allows already stays. */
export function fastOpenSteps(
  { sysctls }: HostFacts,
  isWanted: boolean,
  side: keyof typeof FAST_OPEN_BIT,
): Step[] {
  const now = sysctls.get(FAST_OPEN);
  const value = Number(now) | FAST_OPEN_BIT[side];
  if (!isWanted || now === undefined || value === Number(now)) return [];
  return [{ kind: 'sysctl', name: FAST_OPEN, value: String(value) }];
}

/** What a socket may hold at most; what the host allows already stays. */
export function bufferSteps({ sysctls }: HostFacts, bytes: number): Step[] {
  return BUFFER_SYSCTLS.flatMap((name) => raiseBufferMaximum(name, sysctls.get(name), bytes));
}

/**
 * SO_RCVBUF and SO_SNDBUF would switch autotuning off on every subflow: only the maxima are raised. (What a long transfer
 * gets instead of it: relay/flow/send-room and linux/receive-room.)
 */
function raiseBufferMaximum(name: string, now: string | undefined, bytes: number): Step[] {
  const [minimum, initial, maximum] = now?.split(' ') ?? [];
  if (minimum === undefined || initial === undefined || Number(maximum) >= bytes) return [];
  return [{ kind: 'sysctl', name, value: `${minimum} ${initial} ${bytes}` }];
}

function keepWithoutSubflows(now: string | undefined): Step[] {
  if (now === undefined || Number(now) >= CLOSE_TIMEOUT_S) return [];
  return [{ kind: 'sysctl', name: CLOSE_TIMEOUT, value: String(CLOSE_TIMEOUT_S) }];
}

/** A path that takes less than its interface says, and lets no ICMP back, is found out by trying. 2 is more still. */
function probePathMtu(now: string | undefined): Step[] {
  return now === '0' ? [{ kind: 'sysctl', name: PROBING, value: '1' }] : [];
}
