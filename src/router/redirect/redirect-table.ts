// The nftables table that brings LAN traffic to the relay, as text. It is an owner table: it ends with the daemon.
import { type Address, type Family, familyOf, formatAddress } from '../../base/address.ts';
import type { Prefix } from '../../base/prefix.ts';
import { divert, nameSet, OPENING, prefixTexts, renderSet, tproxyTo } from '../../plan/nft-text.ts';
import { hex } from '../../plan/step.ts';
import type { Families } from '../../transport/handshake.ts';

export type RedirectMethod = 'tproxy' | 'redirect';

export interface RedirectTable {
  readonly name: string;
  readonly method: RedirectMethod;
  readonly lanInterfaces: readonly string[];
  /** They were LAN before: the flows that began there go on. */
  readonly formerLanInterfaces: readonly string[];
  /** The relay's listening port. */
  readonly port: number;
  readonly mark: number;
  readonly markMask: number;
  readonly bypass: readonly Prefix[];
  readonly bypassPorts: readonly number[];
  /** Stronger than `bypass`. */
  readonly carry: readonly Prefix[];
  /** Of targets that are carried over TCP. */
  readonly quic: 'reject' | 'leave';
  readonly unreachableFamily: 'refuse' | 'direct';
  /** What this host sends there gets these bits of the mark; 0 for none. */
  readonly marked: readonly { readonly address: Address; readonly port: number; readonly mark: number }[];
}

const FAMILIES: readonly Family[] = [4, 6];
const QUIC_PORT = 443;
/** What is taken for granted before the server has told. */
export const ALL_FAMILIES: Families = { v4: true, v6: true };

export function renderRedirectTable(table: RedirectTable): string {
  const chains = table.method === 'tproxy' ? tproxyChains(table) : redirectChains(table);
  return `table inet ${table.name} {
  flags owner
${FAMILIES.flatMap((family) => [
  renderSet(`bypass${family}`, family, prefixTexts(table.bypass, family)),
  renderSet(`carry${family}`, family, prefixTexts(table.carry, family)),
]).join('')}${chains}${quicChains(table)}${outputChain(table)}}
`;
}

/** Takes and refuses no new flows any more; packets of running ones still find their sockets. */
export function renderRedirectStop(table: RedirectTable): string {
  return newFlowChains(table)
    .map((chain) => `flush chain inet ${table.name} ${chain}\n`)
    .join('');
}

/** Replaces what becomes of new flows, in one transaction: no opening is let past in between. */
export function renderTakeChain(table: RedirectTable, families: Families): string {
  const add = (chain: string, rules: readonly string[]): string =>
    rules.map((rule) => `add rule inet ${table.name} ${chain} ${rule}\n`).join('');
  return (
    renderRedirectStop(table) +
    add('take', takeRules(table, families)) +
    (rejectsQuic(table) ? add('quic', quicRules(table, families)) : '')
  );
}

/**
 * Makes one table of the other, in one transaction: packets see either the old rules or the new ones. The table and the
 * hooks of its chains stay.
 */
export function renderRedirectChange(
  before: RedirectTable,
  after: RedirectTable,
  families: Families,
): string {
  const sets = FAMILIES.flatMap((family) => [`bypass${family}`, `carry${family}`]);
  const stale = rejectsQuic(before) && !rejectsQuic(after) ? ['udp_prerouting', 'quic'] : [];
  return [
    `flush table inet ${before.name}\n`,
    ...sets.map((set) => `flush set inet ${before.name} ${set}\n`),
    ...stale.map((chain) => `delete chain inet ${before.name} ${chain}\n`),
    renderRedirectTable(after),
    renderTakeChain(after, families),
  ].join('');
}

function newFlowChains(table: RedirectTable): string[] {
  return rejectsQuic(table) ? ['take', 'quic'] : ['take'];
}

function rejectsQuic({ quic, bypassPorts }: RedirectTable): boolean {
  return quic === 'reject' && !bypassPorts.includes(QUIC_PORT);
}

function isLeftAlone(family: Family, { unreachableFamily }: RedirectTable, families: Families): boolean {
  return unreachableFamily === 'direct' && !isReached(family, families);
}

function isReached(family: Family, families: Families): boolean {
  return family === 4 ? families.v4 : families.v6;
}

// The device's connection ends here, so it would not notice that the server cannot go on: a reset instead of an answer
// makes it try its other family at once (RFC 8305).
function takeRules(table: RedirectTable, families: Families): string[] {
  return FAMILIES.filter((family) => !isLeftAlone(family, table, families)).map((family) => {
    const opening = `meta nfproto ipv${family} ${OPENING}`;
    return `${opening} ${isReached(family, families) ? takeStatement(table, family) : 'reject with tcp reset'}`;
  });
}

function takeStatement(table: RedirectTable, family: Family): string {
  return table.method === 'redirect'
    ? `redirect to :${table.port}`
    : tproxyTo(family, table.port, markOf(table));
}

// The kernel limits how many of these errors it sends to one device in a second; the first few of a burst get through,
// and browsers that race TCP against QUIC wait for none of them.
function quicRules(table: RedirectTable, families: Families): string[] {
  return FAMILIES.filter((family) => !isLeftAlone(family, table, families)).map(
    (family) => `meta nfproto ipv${family} reject`,
  );
}

// The order is not a matter of taste: TPROXY takes any packet, so only openings may reach it, after the divert rule
// of flows that are carried already (which go on when their target or interface is bypassed later: that rule comes
// before all others) and after replies of port forwards and of flows from before the start. Openings
// are never diverted: one that comes from the port of a flow that has ended finds a socket in TIME_WAIT, and only
// tproxy gives it to the listener (tried: diverted, it waits for a retransmission, a second with most devices).
function tproxyChains(table: RedirectTable): string {
  return `  chain prerouting {
    type filter hook prerouting priority mangle; policy accept;
    ${divert([...table.lanInterfaces, ...table.formerLanInterfaces], markOf(table))}
${passBy(table)}    ct direction reply accept
    goto take
  }
${takeChain(table)}`;
}

// NAT sees only the first packet of a connection: running flows and replies never come here. The listener has to be
// on every address, so packets that were not redirected are turned away before it.
function redirectChains(table: RedirectTable): string {
  return `  chain prerouting {
    type nat hook prerouting priority dstnat - 10; policy accept;
${passBy(table)}    goto take
  }
${takeChain(table)}  chain input {
    type filter hook input priority filter; policy accept;
    tcp dport ${table.port} ct status & dnat == 0 reject with tcp reset
  }
`;
}

function takeChain(table: RedirectTable): string {
  return renderChain('take', takeRules(table, ALL_FAMILIES));
}

function renderChain(name: string, rules: readonly string[]): string {
  return `  chain ${name} {\n${rules.map((rule) => `    ${rule}\n`).join('')}  }\n`;
}

// A conversation from before the start goes on, as TCP flows do. Targets that TCP does not take are left alone.
function quicChains(table: RedirectTable): string {
  if (!rejectsQuic(table)) return '';
  return `  chain udp_prerouting {
    type filter hook prerouting priority mangle; policy accept;
    ${notFromLan(table)}
    meta l4proto != udp return
    udp dport != ${QUIC_PORT} return
    ct state != new return
${notBeyond()}    goto quic
  }
${renderChain('quic', quicRules(table, ALL_FAMILIES))}`;
}

// Programs that balance what the router itself sends (mwan3) mark it before it is routed, and a connection that is bound
// to one WAN and marked for another one goes nowhere. They leave alone what has a mark already.
export function outputRules({ marked }: RedirectTable): string[] {
  return marked
    .filter(({ mark }) => mark !== 0)
    .map(({ address, port, mark }) => {
      const to = `${familyOf(address) === 4 ? 'ip' : 'ip6'} daddr ${formatAddress(address)}`;
      return `${to} meta l4proto { tcp, udp } th dport ${port} meta mark set meta mark or ${hex(mark)}`;
    });
}

function outputChain(table: RedirectTable): string {
  return `  chain output {
    type filter hook output priority mangle - 10; policy accept;
${outputRules(table)
  .map((rule) => `    ${rule}\n`)
  .join('')}  }
`;
}

function markOf({ mark, markMask: mask }: RedirectTable): { readonly mark: number; readonly mask: number } {
  return { mark, mask };
}

function notFromLan(table: RedirectTable): string {
  return `iifname != ${nameSet(table.lanInterfaces)} return`;
}

/** Own and bypassed targets. */
function notBeyond(): string {
  return `    fib daddr type { local, broadcast, anycast, multicast } return
    ip daddr @bypass4 ip daddr != @carry4 return
    ip6 daddr @bypass6 ip6 daddr != @carry6 return
`;
}

/** What leaves the chain before anything is taken. */
function passBy(table: RedirectTable): string {
  const ports =
    table.bypassPorts.length === 0 ? '' : `    tcp dport { ${table.bypassPorts.join(', ')} } return\n`;
  return `    ${notFromLan(table)}
    meta l4proto != tcp return
${notBeyond()}${ports}`;
}
