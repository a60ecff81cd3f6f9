import { expect, test } from 'vitest';
import type { ServerConfig } from '../config/server.ts';
import type { HostFacts } from '../plan/host-facts.ts';
import { serverPlan } from './server-plan.ts';

const MIB = 1024 * 1024;
const CONFIG = { relay: { bufferMaxBytes: 16 * MIB } } as ServerConfig;

function limitSet(now: string | undefined): string | undefined {
  const sysctls = new Map(now === undefined ? [] : [['net.core.wmem_max', now]]);
  const facts: HostFacts = {
    sysctls,
    rules: [],
    localRoutes: [],
    limits: undefined,
    endpoints: [],
    interfaces: [],
    tables: new Map(),
  };
  const steps = serverPlan(CONFIG, facts).flatMap((step) => (step.kind === 'sysctl' ? [step] : []));
  return steps.find(({ name }) => name === 'net.core.wmem_max')?.value;
}

test('what a server without privileges may buffer is raised, never lowered', () => {
  expect(limitSet('212992')).toBe(String(16 * MIB));
  expect(limitSet(String(64 * MIB))).toBeUndefined();
  expect(limitSet(undefined)).toBeUndefined();
});
