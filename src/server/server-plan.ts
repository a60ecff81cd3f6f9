// Every side effect of the server role: downloads are sent by the server, so it needs what the router needs.
import type { ServerConfig } from '../config/server.ts';
import type { InterceptConfig } from '../config/intercept.ts';
import type { HostFacts } from '../plan/host-facts.ts';
import { fastOpenSteps, KERNEL_SYSCTLS, kernelSteps } from '../plan/kernel-steps.ts';
import { LOOPBACK_WITHOUT_IPV6, tproxyRouting } from '../plan/marked-traffic.ts';
import { looseReversePath, rpFilter } from '../plan/reverse-path.ts';
import type { Step } from '../plan/step.ts';
import { type BufferLimit, memoryLimit } from '../wan/buffer-limit.ts';
import { INTERCEPT_TABLE, renderInterceptTable } from './intercept-table.ts';

// What SO_SNDBUF is allowed without privileges (see setSendBuffer); the router has them.
const SEND_BUFFER_LIMIT = 'net.core.wmem_max';

/** The sysctls whose values the plan depends on. */
export function serverSysctls({ intercepts }: ServerConfig): string[] {
  const devices = intercepts.length === 0 ? [] : ['all', ...clientDevices(intercepts)];
  return [...KERNEL_SYSCTLS, SEND_BUFFER_LIMIT, LOOPBACK_WITHOUT_IPV6, ...devices.map(rpFilter)];
}

/**
 * The most that any WANs may ask for, at once: a server knows none, and may not change it once it runs without privileges.
 * It is no more than a leave. What a transfer has under way is bounded at the router: downloads by the window that its
 * receive buffer gives, uploads by its send buffer.
 */
export function serverBufferLimit({ relay }: ServerConfig, memoryBytes: number): BufferLimit {
  const { bufferMaxBytes: bytes } = relay;
  return bytes === undefined ? memoryLimit(memoryBytes) : { bytes, reason: 'relay.buffer-max' };
}

export function serverPlan(config: ServerConfig, facts: HostFacts): Step[] {
  const { bytes: bufferMaxBytes } = serverBufferLimit(config, facts.memoryBytes);
  const limit = facts.sysctls.get(SEND_BUFFER_LIMIT);
  return [
    ...kernelSteps(facts, bufferMaxBytes),
    ...fastOpenSteps(facts, config.relay.fastOpen, 'server'),
    ...(limit !== undefined && Number(limit) < bufferMaxBytes
      ? [{ kind: 'sysctl', name: SEND_BUFFER_LIMIT, value: String(bufferMaxBytes) } as const]
      : []),
    ...interceptSteps(config, facts),
  ];
}

/** A client's addresses may come in by other interfaces than the way back to them. */
function interceptSteps({ intercepts, interceptMark }: ServerConfig, facts: HostFacts): Step[] {
  if (intercepts.length === 0) return [];
  const { mark, markMask: mask, table, rulePriority } = interceptMark;
  const devices = unique(intercepts.flatMap((one) => [...one.interfaces, ...one.targetInterfaces]));
  const traffic = { devices, mark, mask, table, rulePriority };
  return [
    ...clientDevices(intercepts).flatMap((device) => looseReversePath(device, facts)),
    ...tproxyRouting(traffic, facts),
    {
      kind: 'owner-table',
      family: 'inet',
      name: INTERCEPT_TABLE,
      text: renderInterceptTable(intercepts, traffic),
    },
  ];
}

const clientDevices = (intercepts: readonly InterceptConfig[]): string[] =>
  unique(intercepts.flatMap((one) => one.interfaces));

const unique = (names: readonly string[]): string[] => [...new Set(names)];
