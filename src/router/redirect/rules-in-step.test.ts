// What leads carried flows to the relay is put back when something of it is gone.
import pino from 'pino';
import { expect, test } from 'vitest';
import { type HostFacts, isSatisfied } from '../../plan/host-facts.ts';
import { renderStep, type Step } from '../../plan/step.ts';
import type { JournaledSteps } from '../in-step/journaled-steps.ts';
import { bringRulesInStep } from './rules-in-step.ts';

const TRAFFIC = { devices: ['br-lan'], mark: 1, mask: 1, table: 7780, rulePriority: 800 };

function madeFrom(hasIpv6: boolean, localRoutes: HostFacts['localRoutes']): string[] {
  const facts = {
    sysctls: new Map([['net.ipv6.conf.lo.disable_ipv6', hasIpv6 ? '0' : '1']]),
    rules: [],
    localRoutes,
  } as unknown as HostFacts;
  const steps: Step[] = [];
  const made = {
    apply: (some: readonly Step[]) => void steps.push(...some),
    takeBack: () => undefined,
    ofKind: () => [],
  } as unknown as JournaledSteps;
  bringRulesInStep(TRAFFIC, facts, made, pino({ level: 'silent' }));
  return steps.filter((step) => !isSatisfied(step, facts)).map(renderStep);
}

test('the route that the rules lead to comes before them, where it is missing', () => {
  expect(madeFrom(true, [{ family: 6, table: 7780 }])).toEqual([
    'ip -4 route add local 0.0.0.0/0 dev lo table 7780',
    'ip -4 rule add iif br-lan fwmark 0x1/0x1 lookup 7780 priority 800',
    'ip -6 rule add iif br-lan fwmark 0x1/0x1 lookup 7780 priority 800',
  ]);
});

test('nothing is tried for IPv6 while the host is without', () => {
  expect(madeFrom(false, []).join('\n')).not.toContain('-6');
});
