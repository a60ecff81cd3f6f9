import { expect, test } from 'vitest';
import { parseServerConfig } from '../config/load.ts';
import type { ServerConfig } from '../config/server.ts';
import { hostFacts } from '../plan/host-facts.fixture.ts';
import { renderStep } from '../plan/step.ts';
import { serverPlan, serverSysctls } from './server-plan.ts';

const MIB = 1024 * 1024;
const config = (bufferMaxBytes: number | undefined): ServerConfig =>
  ({ relay: { bufferMaxBytes, fastOpen: false }, intercepts: [] }) as unknown as ServerConfig;

function limitSet(now: string | undefined, server = config(16 * MIB)): string | undefined {
  const facts = hostFacts({ sysctls: new Map(now === undefined ? [] : [['net.core.wmem_max', now]]) });
  const steps = serverPlan(server, facts).flatMap((step) => (step.kind === 'sysctl' ? [step] : []));
  return steps.find(({ name }) => name === 'net.core.wmem_max')?.value;
}

test('an in-path gateway routes what it marks, by each interface that clients and answers come in by', () => {
  const { config: gateway } = parseServerConfig(
    '[[listen]]\ntransport = "intercept"\ninterfaces = ["eth0.7"]\nports = [80]\npreserve-source = true\ntarget-interfaces = ["eth2"]\n',
    's.toml',
  );
  expect(serverSysctls(gateway)).toContain('net.ipv4.conf.eth0/7.rp_filter');
  expect(serverSysctls(gateway)).toContain('net.ipv6.conf.lo.disable_ipv6');
  const facts = hostFacts({ sysctls: new Map([['net.ipv4.conf.all.rp_filter', '1']]) });
  const steps = serverPlan(gateway, facts).map(renderStep);
  expect(steps).toContain('sysctl -w net.ipv4.conf.eth0/7.rp_filter=2');
  expect(steps.filter((step) => /rp_filter/.test(step)).length).toBe(1);
  expect(steps.filter((step) => step.startsWith('ip -4'))).toEqual([
    'ip -4 route add local 0.0.0.0/0 dev lo table 7781',
    'ip -4 rule add iif eth0.7 fwmark 0x20000000/0x20000000 lookup 7781 priority 801',
    'ip -4 rule add iif eth2 fwmark 0x20000000/0x20000000 lookup 7781 priority 801',
  ]);
  expect(steps.at(-1)).toMatch(/table inet wanbond_intercept/);
});

test('what a server without privileges may buffer is raised, never lowered', () => {
  expect(limitSet('212992')).toBe(String(16 * MIB));
  expect(limitSet(String(64 * MIB))).toBeUndefined();
  expect(limitSet(undefined)).toBeUndefined();
});

test('left to itself, a server allows what its memory bears', () => {
  expect(limitSet('212992', config(undefined))).toBe(String(256 * MIB));
});
