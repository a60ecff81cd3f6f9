import { expect, test } from 'vitest';
import type { ServerConfig } from '../config/server.ts';
import type { HostFacts } from '../plan/host-facts.ts';
import { serverPlan } from './server-plan.ts';

const MIB = 1024 * 1024;
const config = (bufferMaxBytes: number | undefined): ServerConfig =>
  ({ relay: { bufferMaxBytes }, intercepts: [] }) as unknown as ServerConfig;

function limitSet(now: string | undefined, server = config(16 * MIB)): string | undefined {
  const sysctls = new Map(now === undefined ? [] : [['net.core.wmem_max', now]]);
  const facts: HostFacts = {
    sysctls,
    memoryBytes: 2 ** 32,
    rules: [],
    localRoutes: [],
    limits: undefined,
    endpoints: [],
    interfaces: [],
    tables: new Map(),
  };
  const steps = serverPlan(server, facts).flatMap((step) => (step.kind === 'sysctl' ? [step] : []));
  return steps.find(({ name }) => name === 'net.core.wmem_max')?.value;
}

test('what a server without privileges may buffer is raised, never lowered', () => {
  expect(limitSet('212992')).toBe(String(16 * MIB));
  expect(limitSet(String(64 * MIB))).toBeUndefined();
  expect(limitSet(undefined)).toBeUndefined();
});

test('left to itself, a server allows what its memory bears', () => {
  expect(limitSet('212992', config(undefined))).toBe(String(256 * MIB));
});
