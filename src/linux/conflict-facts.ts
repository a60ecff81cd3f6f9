// What on this host may stand in the way of a router: settings, rules, routes, nftables, endpoints, and the programs
// that manage them. Read only.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Family } from '../base/address.ts';
import type { EndpointFact } from '../plan/host-facts.ts';
import { readEndpoints } from './host-facts.ts';
import { ip, ipJson } from './ip.ts';
import { Nftables } from './nftables.ts';
import { readSysctl } from './sysctl.ts';

/** One line of `ip rule`. */
export interface RuleFact {
  readonly family: Family;
  readonly priority: number;
  /** `not`: it is about everything but what it says. */
  readonly isNegated: boolean;
  readonly mark: number | undefined;
  readonly mask: number;
  /** By name or number; undefined when it leads to no table (blackhole, unreachable). */
  readonly table: string | undefined;
  /** Routes with prefixes up to this length do not count: 0 is the default route. */
  readonly suppressPrefixLength: number | undefined;
  /** Limited to some packets by more than the mark: addresses, interfaces, ports. */
  readonly isNarrow: boolean;
}

export interface ConflictFacts {
  readonly sysctl: (name: string) => string | undefined;
  readonly rules: readonly RuleFact[];
  /** Lines of `ip route show table`, of the table that we would use. */
  readonly tableRoutes: readonly { readonly family: Family; readonly route: string }[];
  readonly endpoints: readonly EndpointFact[];
  /** `nft -j list ruleset`; undefined when this process may not ask. */
  readonly ruleset: unknown;
  /** Tables of the old iptables, which nftables does not show. */
  readonly legacyTables: readonly string[];
  /** Running programs that are known to manage MPTCP endpoints, in this network namespace. */
  readonly managers: readonly string[];
}

const MANAGERS = new Set(['mptcpd', 'NetworkManager']);
const ALL_BITS = 0xffff_ffff;

export function readConflictFacts(table: number): ConflictFacts {
  return {
    sysctl: readSysctl,
    rules: [...readRuleFacts(4), ...readRuleFacts(6)],
    tableRoutes: [...readTable(4, table), ...readTable(6, table)],
    endpoints: readEndpoints(),
    ruleset: readNftables(),
    legacyTables: ['/proc/net/ip_tables_names', '/proc/net/ip6_tables_names'].flatMap(lines),
    managers: readManagers(),
  };
}

interface RuleJson {
  readonly priority: number;
  readonly not?: null;
  readonly src?: string;
  readonly fwmark?: string;
  readonly fwmask?: string;
  readonly table?: string;
  readonly suppress_prefixlen?: number;
}

// What a rule may say without being about some packets only.
const WIDE = new Set([
  'priority',
  'not',
  'src',
  'fwmark',
  'fwmask',
  'table',
  'suppress_prefixlen',
  'action',
  'protocol',
]);

function readRuleFacts(family: Family): RuleFact[] {
  return ipJson<RuleJson>([`-${family}`, 'rule', 'show']).map((rule) => ({
    family,
    priority: rule.priority,
    isNegated: 'not' in rule,
    mark: rule.fwmark === undefined ? undefined : Number(rule.fwmark),
    mask: rule.fwmask === undefined ? ALL_BITS : Number(rule.fwmask),
    table: rule.table,
    suppressPrefixLength: rule.suppress_prefixlen,
    isNarrow: rule.src !== 'all' || Object.keys(rule).some((key) => !WIDE.has(key)),
  }));
}

function readTable(family: Family, table: number): { family: Family; route: string }[] {
  try {
    // Text, not JSON: iproute2 6.1 prints broken JSON for a table that does not exist.
    const text = ip([`-${family}`, 'route', 'show', 'table', String(table)]);
    return text.split('\n').flatMap((line) => (line.trim() ? [{ family, route: line.trim() }] : []));
  } catch {
    return [];
  }
}

function readNftables(): unknown {
  let nft: Nftables;
  try {
    nft = new Nftables();
  } catch {
    return undefined; // `check` says by itself that the library is missing
  }
  try {
    return nft.list('list ruleset');
  } finally {
    nft.close();
  }
}

function lines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}

/** A manager in another namespace (a container, a lab) manages other endpoints. */
function readManagers(): string[] {
  const own = namespaceOf('self');
  const found = readdirSync('/proc').flatMap((pid) => {
    const [name] = /^\d+$/.test(pid) ? lines(`/proc/${pid}/comm`) : [];
    return name !== undefined && MANAGERS.has(name) && namespaceOf(pid) === own ? [name] : [];
  });
  return [...new Set(found)];
}

function namespaceOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}
