// Reads from the running host the facts that plans are made of.
import { type Address, type Family, parseAddress } from '../base/address.ts';
import type { EndpointFact, HostFacts, InterfaceFact } from '../plan/host-facts.ts';
import type { Limits, LocalRoute, MarkRule } from '../plan/step.ts';
import { ip, ipJson } from './ip.ts';
import { Nftables } from './nftables.ts';
import { expandSysctl, readSysctl } from './sysctl.ts';

/**
 * @param sysctls names that the plan may want to know; see expandSysctl. @param table the routing table of TPROXY, if
 * one is planned. @param nftTables names of `inet` tables that the plan may want to know.
 */
export function readHostFacts(
  sysctls: readonly string[],
  table: number | undefined,
  nftTables: readonly string[] = [],
): HostFacts {
  const values = new Map<string, string>();
  for (const name of sysctls.flatMap(expandSysctl)) {
    const value = readSysctl(name);
    if (value !== undefined) values.set(name, value);
  }
  return {
    sysctls: values,
    rules: [...readRules(4), ...readRules(6)],
    localRoutes: table === undefined ? [] : [...readLocalRoutes(4, table), ...readLocalRoutes(6, table)],
    limits: readLimits(),
    endpoints: readEndpoints(),
    interfaces: readInterfaces(),
    tables: readTables(nftTables),
  };
}

function readTables(names: readonly string[]): ReadonlyMap<string, string> {
  if (names.length === 0) return new Map();
  const nftables = new Nftables();
  try {
    return new Map(
      names.flatMap((name): [string, string][] => {
        const listing = nftables.listing('inet', name);
        return listing === undefined ? [] : [[name, listing]];
      }),
    );
  } finally {
    nftables.close();
  }
}

interface RuleJson {
  priority: number;
  fwmark?: string;
  fwmask?: string;
  table?: string;
  src?: string;
  srclen?: number;
  iif?: string;
}

/** Rules that have nothing but a mark and a table; others are never ours. */
export function readRules(family: Family): Omit<MarkRule, 'kind'>[] {
  return ipJson<RuleJson>([family === 4 ? '-4' : '-6', 'rule', 'show']).flatMap((rule) => {
    if (rule.fwmark === undefined || rule.src !== 'all' || rule.iif !== undefined) return [];
    const mark = Number(rule.fwmark);
    const mask = rule.fwmask === undefined ? 0xffff_ffff : Number(rule.fwmask);
    return [{ family, priority: rule.priority, mark, mask, table: Number(rule.table) }];
  });
}

export function readLocalRoutes(family: Family, table: number): Omit<LocalRoute, 'kind'>[] {
  // Text, not JSON: iproute2 6.1 prints broken JSON for a table that does not exist.
  let text: string;
  try {
    text = ip([family === 4 ? '-4' : '-6', 'route', 'show', 'table', String(table)]);
  } catch {
    return [];
  }
  return text.split('\n').some((line) => line.startsWith('local default dev lo')) ? [{ family, table }] : [];
}

/** Undefined where the kernel has no MPTCP path manager to ask. */
export function readLimits(): Limits | undefined {
  // Text, not JSON: iproute2 6.1 ignores -json here.
  let text: string;
  try {
    text = ip(['mptcp', 'limits', 'show']);
  } catch {
    return undefined;
  }
  const subflows = /subflows (\d+)/.exec(text)?.[1];
  const accepted = /add_addr_accepted (\d+)/.exec(text)?.[1];
  if (subflows === undefined || accepted === undefined) return undefined;
  return { subflows: Number(subflows), addAddrAccepted: Number(accepted) };
}

type EndpointJson = { id: number; address: string; dev?: string } & Record<string, unknown>;

const ENDPOINT_FLAGS = ['signal', 'subflow', 'backup', 'fullmesh', 'implicit', 'laminar'] as const;

/** Empty where the kernel does not let us ask (an unprivileged user). */
export function readEndpoints(): EndpointFact[] {
  let list: EndpointJson[];
  try {
    list = ipJson<EndpointJson>(['mptcp', 'endpoint', 'show']);
  } catch {
    return [];
  }
  return list.map((entry) => ({
    id: entry.id,
    address: entry.address,
    device: entry.dev,
    flags: ENDPOINT_FLAGS.filter((flag) => entry[flag] === true),
  }));
}

interface AddressJson {
  local?: string;
  prefixlen: number;
  scope: string;
  tentative?: boolean;
  dadfailed?: boolean;
  deprecated?: boolean;
  temporary?: boolean;
}

export function readInterfaces(): InterfaceFact[] {
  const links = ipJson<{ ifname: string; flags: string[]; addr_info?: AddressJson[] }>(['address', 'show']);
  return links.map((link) => ({
    name: link.ifname,
    hasCarrier: link.flags.includes('LOWER_UP'),
    addresses: (link.addr_info ?? []).filter(isUsable).map(toAddress),
  }));
}

function isUsable(info: AddressJson): boolean {
  if (info.local === undefined || info.scope === 'link' || info.scope === 'host') return false;
  return !info.dadfailed && !info.tentative && !info.deprecated && !info.temporary;
}

function toAddress(info: AddressJson): { address: Address; bits: number } {
  const text = info.local as string;
  return { address: parseAddress(text), bits: text.includes(':') ? info.prefixlen : info.prefixlen + 96 };
}
