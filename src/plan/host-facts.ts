// What the host has now, as far as a plan is concerned; and the pure questions a plan asks of it.
import { type Address, formatAddress } from '../base/address.ts';
import { WanbondError } from '../base/error.ts';
import type { Limits, LocalRoute, MarkRule, Step, Undo } from './step.ts';

export interface EndpointFact {
  readonly id: number;
  readonly address: string;
  readonly device: string | undefined;
  readonly flags: readonly string[];
}

export interface InterfaceFact {
  readonly name: string;
  /** Up, and something is plugged in at the other end. */
  readonly hasCarrier: boolean;
  /** Usable source addresses, preferred first: no link-local, tentative, deprecated or temporary ones. */
  readonly addresses: readonly { readonly address: Address; readonly bits: number }[];
}

export interface HostFacts {
  /** Values by name; a name that is missing is a setting this kernel does not have. */
  readonly sysctls: ReadonlyMap<string, string>;
  readonly rules: readonly Omit<MarkRule, 'kind'>[];
  readonly localRoutes: readonly Omit<LocalRoute, 'kind'>[];
  readonly limits: Limits | undefined;
  readonly endpoints: readonly EndpointFact[];
  readonly interfaces: readonly InterfaceFact[];
}

/** Whether there is nothing to do for a step: it is so already, or this kernel does not know it. */
export function isSatisfied(step: Step, facts: HostFacts): boolean {
  switch (step.kind) {
    case 'sysctl': {
      const now = facts.sysctls.get(step.name);
      return now === undefined || now === step.value;
    }
    case 'rule':
      return facts.rules.some((rule) => sameRule(rule, step));
    case 'local-route':
      return facts.localRoutes.some((route) => route.family === step.family && route.table === step.table);
    case 'limits':
      return (
        facts.limits?.subflows === step.subflows && facts.limits.addAddrAccepted === step.addAddrAccepted
      );
    case 'endpoint':
      return facts.endpoints.some(
        (one) =>
          one.address === formatAddress(step.address) &&
          one.device === step.device &&
          one.flags.length === 1 &&
          one.flags[0] === 'subflow',
      );
    case 'default-route':
    case 'owner-table':
      return false;
  }
}

export function sameRule(a: Omit<MarkRule, 'kind'>, b: Omit<MarkRule, 'kind'>): boolean {
  return (
    a.family === b.family &&
    a.priority === b.priority &&
    a.mark === b.mark &&
    a.mask === b.mask &&
    a.table === b.table
  );
}

/** What will take the step back, from what is there before it; undefined for what ends with the process. */
export function undoOf(step: Step, facts: HostFacts): Undo | undefined {
  switch (step.kind) {
    case 'sysctl':
      return {
        kind: 'sysctl',
        name: step.name,
        ours: step.value,
        before: facts.sysctls.get(step.name) ?? '',
      };
    case 'rule':
      return { kind: 'rule', rule: step };
    case 'local-route':
      return { kind: 'local-route', route: step };
    case 'limits': {
      const ours = { subflows: step.subflows, addAddrAccepted: step.addAddrAccepted };
      return { kind: 'limits', ours, before: facts.limits ?? ours };
    }
    case 'endpoint':
      return { kind: 'endpoint', id: step.id, address: formatAddress(step.address), device: step.device };
    case 'default-route':
      return { kind: 'default-route', route: step };
    case 'owner-table':
      return undefined;
  }
}

/** @throws WanbondError `plan-conflict` when something foreign stands where a step has to go. */
export function refuseConflicts(steps: readonly Step[], facts: HostFacts): void {
  for (const step of steps) {
    if (step.kind !== 'endpoint' || isSatisfied(step, facts)) continue;
    const text = formatAddress(step.address);
    const taken = facts.endpoints.find((one) => one.address === text || one.id === step.id);
    if (!taken) continue;
    throw new WanbondError({
      code: 'plan-conflict',
      message: `the MPTCP endpoint ${text} dev ${step.device} is in the way of another one (${taken.address} dev ${taken.device ?? 'any'} ${taken.flags.join(' ')})`,
      hint: `Remove it if nothing needs it: ip mptcp endpoint delete id ${taken.id}. Two WANs with one address cannot both be used.`,
    });
  }
}
