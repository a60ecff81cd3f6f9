// Every side effect of the router role, from config and host facts, without doing any of it.
import { type Address, type Family, familyOf, formatAddress, sameAddress } from '../base/address.ts';
import { WanbondError } from '../base/error.ts';
import type { RouterConfig, WanConfig } from '../config/router.ts';
import type { HostFacts } from '../plan/host-facts.ts';
import { KERNEL_SYSCTLS, kernelSteps } from '../plan/kernel-steps.ts';
import type { Step } from '../plan/step.ts';
import { bypassPrefixes } from './bypass.ts';
import { natSteps, natSysctls } from './nat-plan.ts';
import { type RedirectMethod, type RedirectTable, renderRedirectTable } from './redirect-table.ts';
import { arpIgnore, sharedSubnetSteps } from './shared-subnet.ts';

export const TABLE_NAME = 'wanbond';

/** A WAN with the source addresses it has now, at most one per family. */
export interface ReadyWan {
  readonly name: string;
  readonly interface: string;
  readonly sources: readonly Address[];
}

/** The sysctls whose values the plan depends on. */
export function routerSysctls(config: RouterConfig): string[] {
  const devices = ['all', ...config.wans.map((wan) => wan.interface)];
  return [
    ...KERNEL_SYSCTLS,
    'net.mptcp.blackhole_timeout',
    ...devices.flatMap((device) => [rpFilter(device), arpIgnore(device)]),
    ...natSysctls(config),
  ];
}

/** The WANs that can carry now. @throws WanbondError `no-usable-wan` when none can. */
export function readyWans(config: RouterConfig, facts: HostFacts): ReadyWan[] {
  const ready = findReadyWans(config, facts);
  if (ready.length > 0) return ready;
  const families = wantedFamilies(config);
  throw new WanbondError({
    code: 'no-usable-wan',
    message: `no WAN has an IPv${families.join(' or IPv')} address: ${config.wans.map((wan) => wan.interface).join(', ')}`,
    hint: 'Bring a WAN interface up first, or correct the interface names; `wanbond check -c FILE` shows each.',
  });
}

/** The WANs with carrier and an address of a family that the server has. */
export function findReadyWans(config: RouterConfig, facts: HostFacts): ReadyWan[] {
  const families = wantedFamilies(config);
  return config.wans.flatMap((wan): ReadyWan[] => {
    const sources = sourcesOf(wan, facts).filter((source) => families.includes(familyOf(source)));
    return sources.length > 0 ? [{ name: wan.name, interface: wan.interface, sources }] : [];
  });
}

/** Families in which upstreams can be opened: those of the server, or both when there is none. */
function wantedFamilies(config: RouterConfig): Family[] {
  if (config.server.transport === 'direct') return [4, 6];
  return [...new Set(config.server.addresses.map(familyOf))];
}

function sourcesOf(wan: WanConfig, facts: HostFacts): Address[] {
  const link = facts.interfaces.find((one) => one.name === wan.interface);
  if (!link?.hasCarrier) return [];
  const addresses = wan.source ?? link.addresses.map(({ address }) => address);
  return ([4, 6] as const).flatMap((family) =>
    addresses.filter((one) => familyOf(one) === family).slice(0, 1),
  );
}

export function routerPlan(
  config: RouterConfig,
  wans: readonly ReadyWan[],
  method: RedirectMethod,
  facts: HostFacts,
): Step[] {
  return [
    ...kernelSteps(facts, config.relay.bufferMaxBytes),
    // A firewall that drops MPTCP's SYNs for a minute must not switch MPTCP off for an hour.
    { kind: 'sysctl', name: 'net.mptcp.blackhole_timeout', value: '0' },
    ...wanSteps(config, wans, facts),
    ...(method === 'tproxy' ? tproxyRouting(config) : []),
    ...natSteps(config, facts),
    {
      kind: 'owner-table',
      family: 'inet',
      name: TABLE_NAME,
      text: renderRedirectTable(redirectTable(config, method, facts)),
    },
  ];
}

/** What each WAN needs for itself. */
export function wanSteps(config: RouterConfig, wans: readonly ReadyWan[], facts: HostFacts): Step[] {
  return [
    ...wans.flatMap((wan) => looseReversePath(wan.interface, facts)),
    ...sharedSubnetSteps(
      wans.map((wan) => wan.interface),
      facts,
    ),
    ...endpointSteps(config, wans, facts),
  ];
}

export function redirectTable(config: RouterConfig, method: RedirectMethod, facts: HostFacts): RedirectTable {
  const { redirect, lan, server, wans } = config;
  const named = new Set([...lan.interfaces, ...wans.map((wan) => wan.interface)]);
  const interfaces = facts.interfaces.filter((one) => named.has(one.name));
  const servers = server.transport === 'direct' ? [] : server.addresses;
  return {
    name: TABLE_NAME,
    method,
    lanInterfaces: lan.interfaces,
    port: redirect.port,
    mark: redirect.mark,
    markMask: redirect.markMask,
    bypass: bypassPrefixes(interfaces, servers, redirect.bypass),
    bypassPorts: redirect.bypassPorts,
    carry: redirect.carry,
    quic: config.quic,
    unreachableFamily: config.unreachableFamily,
  };
}

function rpFilter(device: string): string {
  return `net.ipv4.conf.${device.replaceAll('.', '/')}.rp_filter`;
}

/** Strict filtering drops what comes in by any WAN but the one of the best route; the larger of two values counts. */
function looseReversePath(device: string, facts: HostFacts): Step[] {
  const name = rpFilter(device);
  const isStrict = [facts.sysctls.get(rpFilter('all')), facts.sysctls.get(name)].includes('1');
  return isStrict ? [{ kind: 'sysctl', name, value: '2' }] : [];
}

/** One endpoint per WAN and family, with `dev`: it needs no policy routing. Ids that are taken are left alone. */
function endpointSteps(config: RouterConfig, wans: readonly ReadyWan[], facts: HostFacts): Step[] {
  const families = wantedFamilies(config);
  const taken = new Set(facts.endpoints.map((one) => one.id));
  const nextId = (): number => {
    let id = 1;
    while (taken.has(id)) id++;
    taken.add(id);
    return id;
  };
  return wans.flatMap((wan) =>
    wan.sources
      .filter((source) => families.includes(familyOf(source)))
      .map((address): Step => {
        const known = facts.endpoints.find((one) => one.address === formatAddress(address));
        return { kind: 'endpoint', id: known?.id ?? nextId(), address, device: wan.interface };
      }),
  );
}

function tproxyRouting({ redirect }: RouterConfig): Step[] {
  return ([4, 6] as const).flatMap((family): Step[] => [
    { kind: 'local-route', family, table: redirect.table },
    {
      kind: 'rule',
      family,
      priority: redirect.rulePriority,
      mark: redirect.mark,
      mask: redirect.markMask,
      table: redirect.table,
    },
  ]);
}

/** Every address of the host: a flow to one of them is never carried. */
export function ownAddresses(facts: HostFacts): Address[] {
  const all = facts.interfaces.flatMap((one) => one.addresses.map(({ address }) => address));
  return all.filter((address, i) => all.findIndex((other) => sameAddress(address, other)) === i);
}
