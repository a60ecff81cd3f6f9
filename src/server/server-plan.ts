// Every side effect of the server role: downloads are sent by the server, so it needs what the router needs.
import type { ServerConfig } from '../config/server.ts';
import type { HostFacts } from '../plan/host-facts.ts';
import { KERNEL_SYSCTLS, kernelSteps } from '../plan/kernel-steps.ts';
import type { Step } from '../plan/step.ts';

export const SERVER_SYSCTLS = KERNEL_SYSCTLS;

export function serverPlan(config: ServerConfig, facts: HostFacts): Step[] {
  return kernelSteps(facts, config.relay.bufferMaxBytes);
}
