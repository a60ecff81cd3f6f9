// Reads from the running host the facts that plans are made of.
import { totalmem } from 'node:os';
import { type Family, formatAddress } from '../base/address.ts';
import type { EndpointFact } from '../plan/endpoint-facts.ts';
import type { HostFacts, InterfaceFact } from '../plan/host-facts.ts';
import { isUsableSource } from '../plan/link-fact.ts';
import type { RuleFact } from '../plan/rule-fact.ts';
import type { Limits, LocalRoute } from '../plan/step.ts';
import { getLimits, listEndpoints } from './netlink/path-manager.ts';
import { dump } from './netlink/query.ts';
import { readInterfaceNames, readLinks } from './netlink/read-links.ts';
import { readTable } from './netlink/read-table.ts';
import { isLocalDefault } from './netlink/route-message.ts';
import { readRule, rulesRequest } from './netlink/rule-message.ts';
import { Receiver } from './netlink/socket.ts';
import { Nftables } from './nftables.ts';
import { expandSysctl, isReadOnlySysctl, readSysctl } from './sysctl.ts';

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
    if (value !== undefined && !isReadOnlySysctl(name)) values.set(name, value);
  }
  return {
    sysctls: values,
    memoryBytes: totalmem(),
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

/** In the order in which they are asked. */
export function readRules(family: Family): RuleFact[] {
  const rules = dump(rulesRequest(family), readRule, new Receiver());
  // A kernel that knows nothing of the family answers for all of them.
  return rules.filter((rule) => rule.family === family);
}

function readLocalRoutes(family: Family, table: number): Omit<LocalRoute, 'kind'>[] {
  const found = readTable(family, table, isLocalDefault, new Receiver());
  return found.length > 0 ? [{ family, table }] : [];
}

/** Undefined where the kernel has no MPTCP path manager to ask. */
export function readLimits(): Limits | undefined {
  try {
    return getLimits();
  } catch {
    return undefined;
  }
}

/** Empty where the kernel does not let us ask (an unprivileged user). */
export function readEndpoints(): EndpointFact[] {
  try {
    return listEndpointFacts();
  } catch {
    return [];
  }
}

/** @throws WanbondError `mptcp-endpoints` */
export function listEndpointFacts(): EndpointFact[] {
  const list = listEndpoints();
  const names = list.length > 0 ? readInterfaceNames() : new Map<number, string>();
  return list.map(({ id, address, index, flags }) => {
    const device = index === undefined ? undefined : names.get(index);
    const isOrphan = index !== undefined && device === undefined;
    return { id, address: formatAddress(address), device: isOrphan ? `if${index}` : device, isOrphan, flags };
  });
}

export function readInterfaces(): InterfaceFact[] {
  return readLinks().map((link) => ({
    name: link.name,
    hasCarrier: link.isAdminUp && link.hasCarrier,
    addresses: link.addresses.filter(isUsableSource).map(({ address, bits }) => ({ address, bits })),
  }));
}
