// Every side effect of the router role, from config and host facts, without doing any of it.
import { type Address, formatAddress, uniqueAddresses } from '../../base/address.ts';
import type { RouterConfig } from '../../config/router.ts';
import type { HostFacts } from '../../plan/host-facts.ts';
import { fastOpenSteps, KERNEL_SYSCTLS, kernelSteps } from '../../plan/kernel-steps.ts';
import { LOOPBACK_WITHOUT_IPV6, type MarkedTraffic, tproxyRouting } from '../../plan/marked-traffic.ts';
import { looseReversePath, rpFilter } from '../../plan/reverse-path.ts';
import type { Step } from '../../plan/step.ts';
import type { KnownServer } from '../../wan/servers/known-servers.ts';
import { firstBufferLimit } from '../in-step/buffer-limits.ts';
import { bypassPrefixes } from '../redirect/bypass.ts';
import { natSteps, natSysctls } from './nat-plan.ts';
import type { ReadyWan } from '../wans/ready-wans.ts';
import { type RedirectMethod, type RedirectTable, renderRedirectTable } from '../redirect/redirect-table.ts';
import { arpIgnore, sharedSubnetSteps } from './shared-subnet.ts';

export const TABLE_NAME = 'wanbond';

/** The sysctls whose values the plan depends on. */
export function routerSysctls(config: RouterConfig): string[] {
  const devices = ['all', ...config.wans.map((wan) => wan.interface)];
  return [
    ...KERNEL_SYSCTLS,
    'net.mptcp.blackhole_timeout',
    LOOPBACK_WITHOUT_IPV6,
    ...devices.flatMap((device) => [rpFilter(device), arpIgnore(device)]),
    ...natSysctls(config),
  ];
}

/** What the plan takes from the world outside the config. */
export interface PlanView {
  readonly wans: readonly BondedWan[];
  readonly servers: readonly KnownServer[];
}

/** A WAN that gets endpoints. */
export interface BondedWan extends ReadyWan {
  /** Its subflows carry data only while no other does (RFC 8684, MP_PRIO). */
  readonly isBackup: boolean;
}

export function routerPlan(
  config: RouterConfig,
  { wans, servers }: PlanView,
  method: RedirectMethod,
  facts: HostFacts,
): Step[] {
  return [
    ...kernelSteps(facts, firstBufferLimit(config, facts.memoryBytes).bytes),
    ...fastOpenSteps(facts, config.relay.fastOpen, 'client'),
    // A firewall that drops MPTCP's SYNs for a minute must not switch MPTCP off for an hour.
    { kind: 'sysctl', name: 'net.mptcp.blackhole_timeout', value: '0' },
    ...wanSteps(wans, facts),
    ...(method === 'tproxy'
      ? tproxyRouting(carriedTraffic(config.redirect, config.lan.interfaces), facts)
      : []),
    ...natSteps(config, facts),
    {
      kind: 'owner-table',
      family: 'inet',
      name: TABLE_NAME,
      text: renderRedirectTable(redirectTable(config, { servers, method, facts })),
    },
  ];
}

/** What each WAN needs for itself. */
export function wanSteps(wans: readonly BondedWan[], facts: HostFacts): Step[] {
  return [
    ...wans.flatMap((wan) => looseReversePath(wan.interface, facts)),
    ...sharedSubnetSteps(
      wans.map((wan) => wan.interface),
      facts,
    ),
    ...endpointSteps(wans, facts),
  ];
}

export interface RedirectView {
  readonly servers: readonly KnownServer[];
  readonly method: RedirectMethod;
  readonly facts: HostFacts;
  /** Interfaces that were LAN before, whose flows go on. */
  readonly formerLans?: readonly string[];
}

export function redirectTable(
  config: RouterConfig,
  { servers, method, facts, formerLans = [] }: RedirectView,
): RedirectTable {
  const { redirect, lan, wans } = config;
  const named = new Set([...lan.interfaces, ...wans.map((wan) => wan.interface)]);
  const interfaces = facts.interfaces.filter((one) => named.has(one.name));
  const addresses = servers.flatMap((server) => server.addresses);
  return {
    name: TABLE_NAME,
    method,
    lanInterfaces: lan.interfaces,
    formerLanInterfaces: formerLans,
    port: redirect.port,
    mark: redirect.mark,
    markMask: redirect.markMask,
    bypass: bypassPrefixes(interfaces, addresses, redirect.bypass),
    bypassPorts: redirect.bypassPorts,
    carry: redirect.carry,
    quic: config.quic,
    unreachableFamily: config.unreachableFamily,
    marked: servers.flatMap(({ addresses: all, port, mark }) =>
      all.map((address) => ({ address, port, mark })),
    ),
  };
}

/** The interface whose WAN needs this setting for itself; undefined for one of the whole host. */
export function linkOfSetting(name: string): string | undefined {
  return /^net\.ipv4\.conf\.([^.]+)\.(?:rp_filter|arp_ignore)$/.exec(name)?.[1]?.replaceAll('/', '.');
}

/** One endpoint per WAN and family, with `dev`: it needs no policy routing. Ids that are taken are left alone. */
function endpointSteps(wans: readonly BondedWan[], facts: HostFacts): Step[] {
  const taken = new Set(facts.endpoints.map((one) => one.id));
  const nextId = (): number => {
    let id = 1;
    while (taken.has(id)) id++;
    taken.add(id);
    return id;
  };
  return wans.flatMap((wan) =>
    wan.sources.map((address): Step => {
      const known = facts.endpoints.find((one) => one.address === formatAddress(address));
      const { interface: device, isBackup } = wan;
      return { kind: 'endpoint', id: known?.id ?? nextId(), address, device, isBackup };
    }),
  );
}

/** What is carried, on its way to the relay. @param devices the LAN interfaces */
export function carriedTraffic(
  { mark, markMask: mask, table, rulePriority }: RouterConfig['redirect'],
  devices: readonly string[],
): MarkedTraffic {
  return { devices, mark, mask, table, rulePriority };
}

/** Every address of the host: a flow to one of them is never carried. */
export function ownAddresses(facts: HostFacts): Address[] {
  return uniqueAddresses(facts.interfaces.flatMap((one) => one.addresses.map(({ address }) => address)));
}
