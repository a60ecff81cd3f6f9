// What on this host may stand in the way of a router: settings, rules, routes, nftables, endpoints, and the programs
// that manage them. Read only.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Family } from '../base/address.ts';
import type { EndpointFact } from '../plan/endpoint-facts.ts';
import type { RuleFact } from '../plan/rule-fact.ts';
import { readEndpoints, readRules } from './host-facts.ts';
import { ip } from './ip.ts';
import { Nftables } from './nftables.ts';
import { readSysctl } from './sysctl.ts';

export interface ConflictFacts {
  readonly sysctl: (name: string) => string | undefined;
  readonly rules: readonly RuleFact[];
  /** Lines of `ip route show table`, of the table that we would use. */
  readonly tableRoutes: readonly { readonly family: Family; readonly route: string }[];
  readonly endpoints: readonly EndpointFact[];
  /** Tables, sets, chains and rules in the JSON of nft; undefined when this process may not ask. */
  readonly ruleset: readonly unknown[] | undefined;
  /** Tables of the old iptables, which nftables does not show. */
  readonly legacyTables: readonly string[];
  /** Running programs that are known to manage MPTCP endpoints, in this network namespace. */
  readonly managers: readonly string[];
}

const MANAGERS = new Set(['mptcpd', 'NetworkManager']);

/** @param table the routing table that we would use. @param ownTable the nftables table of a running daemon. */
export function readConflictFacts(table: number, ownTable: string): ConflictFacts {
  return {
    sysctl: readSysctl,
    rules: [...readRules(4), ...readRules(6)],
    tableRoutes: [...readTable(4, table), ...readTable(6, table)],
    endpoints: readEndpoints(),
    ruleset: readNftables(ownTable),
    legacyTables: ['/proc/net/ip_tables_names', '/proc/net/ip6_tables_names'].flatMap(lines),
    managers: readManagers(),
  };
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

function readNftables(ownTable: string): readonly unknown[] | undefined {
  let nft: Nftables;
  try {
    nft = new Nftables();
  } catch {
    return undefined; // `check` says by itself that the library is missing
  }
  try {
    return nft
      .tables()
      ?.filter(({ name }) => name !== ownTable)
      .flatMap(({ family, name }) => readNftTable(nft, family, name));
  } finally {
    nft.close();
  }
}

interface Listing {
  readonly nftables?: readonly unknown[];
}

function readNftTable(nft: Nftables, family: string, name: string): readonly unknown[] {
  const flags = /^\tflags (.*)$/m.exec(nft.listing(family, name) ?? '')?.[1];
  // Nobody goes through it.
  if (flags?.includes('dormant')) return [];
  const command = `list table ${family} ${name}`;
  const found = (flags === undefined ? nft.list(command) : askProgram(command)) as Listing | undefined;
  return found?.nftables ?? [];
}

// Cut output is rare: about one listing in sixty.
const PROGRAM_TRIES = 4;

/** By the program, whose crash is not ours: see Nftables.list. Without it such a table is not seen. */
function askProgram(command: string): unknown {
  for (let i = 0; i < PROGRAM_TRIES; i++) {
    try {
      const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
      return JSON.parse(execFileSync('nft', ['-j', ...command.split(' ')], { encoding: 'utf8', stdio }));
    } catch {
      // Once more.
    }
  }
  return undefined;
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
