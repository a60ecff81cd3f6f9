// Every side effect of the server role: downloads are sent by the server, so it needs what the router needs.
import type { ServerConfig } from '../config/server.ts';
import type { HostFacts } from '../plan/host-facts.ts';
import { KERNEL_SYSCTLS, kernelSteps } from '../plan/kernel-steps.ts';
import type { Step } from '../plan/step.ts';
import { type BufferLimit, memoryLimit } from '../wan/buffer-limit.ts';

// What SO_SNDBUF is allowed without privileges (see setSendBuffer); the router has them.
const SEND_BUFFER_LIMIT = 'net.core.wmem_max';

export const SERVER_SYSCTLS = [...KERNEL_SYSCTLS, SEND_BUFFER_LIMIT] as const;

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
    ...(limit !== undefined && Number(limit) < bufferMaxBytes
      ? [{ kind: 'sysctl', name: SEND_BUFFER_LIMIT, value: String(bufferMaxBytes) } as const]
      : []),
  ];
}
