// What the host has now, as far as a plan is concerned; and the pure questions a plan asks of it.
import { type Address, formatAddress } from '../base/address.ts';
import { WanbondError } from '../base/error.ts';
import { type EndpointFact, endpointToChange, isEndpointSatisfied } from './endpoint-facts.ts';
import { isRule, type RuleFact } from './rule-fact.ts';
import type { Limits, LocalRoute, Step, SysctlChange, TableStep, Undo } from './step.ts';

export interface InterfaceFact {
  readonly name: string;
  /** Up, and something is plugged in at the other end. */
  readonly hasCarrier: boolean;
  /** Usable source addresses, preferred first: no link-local, tentative, deprecated or temporary ones. */
  readonly addresses: readonly { readonly address: Address; readonly bits: number }[];
}

export interface HostFacts {
  /** Values by name; a name that is missing is a setting this kernel does not have, or does not let us change. */
  readonly sysctls: ReadonlyMap<string, string>;
  /** Of the machine. */
  readonly memoryBytes: number;
  /** Of both families, in the order in which they are asked. */
  readonly rules: readonly RuleFact[];
  readonly localRoutes: readonly Omit<LocalRoute, 'kind'>[];
  readonly limits: Limits | undefined;
  readonly endpoints: readonly EndpointFact[];
  readonly interfaces: readonly InterfaceFact[];
  /** Of the nftables tables that were asked for, those that are there: name to listing. */
  readonly tables: ReadonlyMap<string, string>;
}

/** Whether there is nothing to do for a step: it is so already, or this kernel does not know it. */
export function isSatisfied(step: Step, facts: HostFacts): boolean {
  switch (step.kind) {
    case 'sysctl': {
      const now = facts.sysctls.get(step.name);
      return now === undefined || now === step.value;
    }
    case 'rule':
      return facts.rules.some((rule) => isRule(rule, step));
    case 'local-route':
      return facts.localRoutes.some((route) => route.family === step.family && route.table === step.table);
    case 'limits':
      return (
        facts.limits?.subflows === step.subflows && facts.limits.addAddrAccepted === step.addAddrAccepted
      );
    case 'endpoint':
      return isEndpointSatisfied(step, facts.endpoints);
    case 'table':
      return sameListing(facts.tables.get(step.name), step.text);
    case 'default-route':
    case 'owner-table':
      return false;
  }
}

/** Equal but for white space: nft has its own way to indent. */
function sameListing(listing: string | undefined, text: string): boolean {
  const words = (from: string): string => from.trim().replaceAll(/\s+/g, ' ');
  return listing !== undefined && words(listing) === words(text);
}

/** What will take the step back, from what is there before it; undefined for what ends with the process. */
export function undoOf(step: Step, facts: HostFacts): Undo | undefined {
  switch (step.kind) {
    case 'sysctl':
      return {
        kind: 'sysctl',
        ...sysctlChange(step, facts),
        ...(step.drags && { dragged: step.drags.map((one) => sysctlChange(one, facts)) }),
      };
    case 'table':
      return { kind: 'table', family: step.family, name: step.name };
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

function sysctlChange({ name, value }: { name: string; value: string }, facts: HostFacts): SysctlChange {
  return { name, ours: value, before: facts.sysctls.get(name) ?? '' };
}

/**
 * @param made the undos of the steps before: what they take back is ours.
 * @throws WanbondError `plan-conflict` when something foreign stands where a step has to go.
 */
export function refuseConflicts(steps: readonly Step[], facts: HostFacts, made: readonly Undo[] = []): void {
  for (const step of steps) {
    if (step.kind === 'table' && facts.tables.has(step.name) && !isSatisfied(step, facts)) {
      throw tableInTheWay(step);
    }
    if (step.kind !== 'endpoint' || isSatisfied(step, facts)) continue;
    if (endpointToChange(step, facts.endpoints, made)) continue;
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

function tableInTheWay({ family, name }: TableStep): WanbondError {
  return new WanbondError({
    code: 'plan-conflict',
    message: `there is an nftables table ${family} ${name} already, with other contents`,
    hint: `Remove it if nothing needs it: nft delete table ${family} ${name}`,
  });
}
