// Side effects as data: what a step is, how it reads as a shell command, and what takes it back.
import { type Address, type Family, formatAddress } from '../base/address.ts';

export type Step =
  | SysctlStep
  | MarkRule
  | LocalRoute
  | { readonly kind: 'limits'; readonly subflows: number; readonly addAddrAccepted: number }
  | EndpointStep
  | DefaultRoute
  | TableStep
  | { readonly kind: 'owner-table'; readonly family: 'inet'; readonly name: string; readonly text: string };

export interface SysctlStep {
  readonly kind: 'sysctl';
  readonly name: string;
  readonly value: string;
  /** Others that the kernel sets when it sets this one, and not back to what they were when it is taken back. */
  readonly drags?: readonly { readonly name: string; readonly value: string }[];
}

/** An nftables table that outlives the daemon. Its text is written as nft lists it, to be known again. */
export interface TableStep {
  readonly kind: 'table';
  readonly family: 'inet';
  readonly name: string;
  readonly text: string;
}

/**
 * `ip rule`: packets with the mark that came in by the device look into the table. Without the device the kernel would
 * look there for the way back to the sender too, where `src_valid_mark` is set (wg-quick does), find it "local" and
 * drop the packet.
 */
export interface MarkRule {
  readonly kind: 'rule';
  readonly family: Family;
  readonly priority: number;
  readonly device: string | undefined;
  readonly mark: number;
  readonly mask: number;
  readonly table: number;
}

/** Everything in `table` is local: TPROXYed packets reach our sockets through it. */
export interface LocalRoute {
  readonly kind: 'local-route';
  readonly family: Family;
  readonly table: number;
}

export interface EndpointStep {
  readonly kind: 'endpoint';
  readonly id: number;
  readonly address: Address;
  readonly device: string;
  /** Its subflows carry data only while no other subflow of the connection does. */
  readonly isBackup: boolean;
}

/**
 * A default route of the main table that stands before the others while the WAN of the best one is down. It is
 * recognised by its protocol number, so that a route of the operator is never taken for ours.
 */
export interface DefaultRoute {
  readonly kind: 'default-route';
  readonly family: Family;
  readonly device: string;
  /** Undefined on links without one (PPP, LTE). */
  readonly gateway: string | undefined;
}

// Of the numbers that /etc/iproute2/rt_protos leaves free.
export const ROUTE_PROTOCOL = 87;
// Nothing is before metric 0 of IPv4 and 1 of IPv6 (where 0 means 1024); among equals the newest IPv4 route leads.
export const DEFAULT_ROUTE_METRIC: Readonly<Record<Family, number>> = { 4: 0, 6: 1 };

/** What takes a step back. Each checks first that what it would undo is still ours. */
export type Undo =
  | SysctlUndo
  | { readonly kind: 'table'; readonly family: 'inet'; readonly name: string }
  | { readonly kind: 'rule'; readonly rule: MarkRule }
  | { readonly kind: 'local-route'; readonly route: LocalRoute }
  | LimitsUndo
  | EndpointUndo
  | { readonly kind: 'default-route'; readonly route: DefaultRoute };

export interface LimitsUndo {
  readonly kind: 'limits';
  readonly ours: Limits;
  readonly before: Limits;
}

/** An endpoint of ours, whatever its flags: whether it is backup changes while it is there. */
export interface EndpointUndo {
  readonly kind: 'endpoint';
  readonly id: number;
  readonly address: string;
  readonly device: string;
}

export interface SysctlUndo extends SysctlChange {
  readonly kind: 'sysctl';
  readonly dragged?: readonly SysctlChange[];
}

export interface SysctlChange {
  readonly name: string;
  readonly ours: string;
  readonly before: string;
}

export interface Limits {
  readonly subflows: number;
  readonly addAddrAccepted: number;
}

export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** Arguments of `ip` for a rule, after `ip [-6] rule add|delete`. */
function ruleArguments(rule: MarkRule): string[] {
  const mark = `${hex(rule.mark)}/${hex(rule.mask)}`;
  const from = rule.device === undefined ? [] : ['iif', rule.device];
  return [...from, 'fwmark', mark, 'lookup', String(rule.table), 'priority', String(rule.priority)];
}

/** Arguments of `ip` for a route, after `ip [-6] route add|delete`. */
function routeArguments(route: LocalRoute): string[] {
  return ['local', route.family === 4 ? '0.0.0.0/0' : '::/0', 'dev', 'lo', 'table', String(route.table)];
}

/** Arguments of `ip` for a default route, after `ip -4 route prepend|delete` or `ip -6 route add|delete`. */
function defaultRouteArguments({ family, device, gateway }: DefaultRoute): string[] {
  const via = gateway === undefined ? [] : ['via', gateway];
  const metric = String(DEFAULT_ROUTE_METRIC[family]);
  return ['default', ...via, 'dev', device, 'proto', String(ROUTE_PROTOCOL), 'metric', metric];
}

export function familyFlag(family: Family): string {
  return family === 4 ? '-4' : '-6';
}

function endpointArguments(step: EndpointStep): string[] {
  const flags = endpointFlags(step.isBackup);
  return [formatAddress(step.address), 'id', String(step.id), 'dev', step.device, ...flags];
}

export function endpointFlags(isBackup: boolean): ('subflow' | 'backup')[] {
  return isBackup ? ['subflow', 'backup'] : ['subflow'];
}

function limitsArguments(limits: Limits): string[] {
  return ['subflows', String(limits.subflows), 'add_addr_accepted', String(limits.addAddrAccepted)];
}

/** The step as a command that a person could run. */
export function renderStep(step: Step): string {
  switch (step.kind) {
    case 'sysctl':
      return renderSysctl(step.name, step.value);
    case 'rule':
      return ip(step.family, 'rule', 'add', ...ruleArguments(step));
    case 'local-route':
      return ip(step.family, 'route', 'add', ...routeArguments(step));
    case 'limits':
      return ['ip', 'mptcp', 'limits', 'set', ...limitsArguments(step)].join(' ');
    case 'endpoint':
      return ['ip', 'mptcp', 'endpoint', 'add', ...endpointArguments(step)].join(' ');
    case 'default-route':
      return ip(step.family, 'route', step.family === 4 ? 'prepend' : 'add', ...defaultRouteArguments(step));
    case 'table':
      return `nft -f - <<'END'\n${step.text}END`;
    case 'owner-table':
      return `nft -f - <<'END'   # held by the daemon: the kernel removes it when the daemon ends\n${step.text}END`;
  }
}

export function renderUndo(undo: Undo): string {
  switch (undo.kind) {
    case 'sysctl':
      return [undo, ...(undo.dragged ?? [])].map((one) => renderSysctl(one.name, one.before)).join('\n');
    case 'table':
      return `nft delete table ${undo.family} ${undo.name}`;
    case 'rule':
      return ip(undo.rule.family, 'rule', 'delete', ...ruleArguments(undo.rule));
    case 'local-route':
      return ip(undo.route.family, 'route', 'delete', ...routeArguments(undo.route));
    case 'limits':
      return ['ip', 'mptcp', 'limits', 'set', ...limitsArguments(undo.before)].join(' ');
    case 'endpoint':
      return `ip mptcp endpoint delete id ${undo.id}`;
    case 'default-route':
      return ip(undo.route.family, 'route', 'delete', ...defaultRouteArguments(undo.route));
  }
}

function ip(family: Family, ...words: readonly string[]): string {
  return ['ip', familyFlag(family), ...words].join(' ');
}

function renderSysctl(name: string, value: string): string {
  return `sysctl -w ${name}=${value.includes(' ') ? `"${value}"` : value}`;
}
