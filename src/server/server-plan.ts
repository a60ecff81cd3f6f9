// Every side effect of the server role: downloads are sent by the server, so it needs what the router needs.
import type { ServerConfig } from '../config/server.ts';
import type { HostFacts } from '../plan/host-facts.ts';
import { KERNEL_SYSCTLS, kernelSteps } from '../plan/kernel-steps.ts';
import type { Step } from '../plan/step.ts';

// What SO_SNDBUF is allowed without privileges (see setSendBuffer); the router has them.
const SEND_BUFFER_LIMIT = 'net.core.wmem_max';

export const SERVER_SYSCTLS = [...KERNEL_SYSCTLS, SEND_BUFFER_LIMIT] as const;

export function serverPlan(config: ServerConfig, facts: HostFacts): Step[] {
  const { bufferMaxBytes } = config.relay;
  const limit = facts.sysctls.get(SEND_BUFFER_LIMIT);
  return [
    ...kernelSteps(facts, bufferMaxBytes),
    ...(limit !== undefined && Number(limit) < bufferMaxBytes
      ? [{ kind: 'sysctl', name: SEND_BUFFER_LIMIT, value: String(bufferMaxBytes) } as const]
      : []),
  ];
}
