// The nftables table that brings LAN traffic to the relay, as text. It is an owner table: it ends with the daemon.
import type { Family } from '../base/address.ts';
import type { Prefix } from '../base/prefix.ts';
import { hex } from '../plan/step.ts';
import { prefixTexts } from './bypass.ts';

export type RedirectMethod = 'tproxy' | 'redirect';

export interface RedirectTable {
  readonly name: string;
  readonly method: RedirectMethod;
  readonly lanInterfaces: readonly string[];
  /** The relay's listening port. */
  readonly port: number;
  readonly mark: number;
  readonly markMask: number;
  readonly bypass: readonly Prefix[];
  readonly bypassPorts: readonly number[];
  /** Stronger than `bypass`. */
  readonly carry: readonly Prefix[];
}

const OPENING = 'tcp flags & (syn | ack) == syn';
const NO_OPENING = 'tcp flags & (syn | ack) != syn';
const FAMILIES: readonly Family[] = [4, 6];

export function renderRedirectTable(table: RedirectTable): string {
  const chains = table.method === 'tproxy' ? tproxyChains(table) : redirectChains(table);
  return `table inet ${table.name} {
  flags owner
${FAMILIES.flatMap((family) => [
  renderSet(`bypass${family}`, family, prefixTexts(table.bypass, family)),
  renderSet(`carry${family}`, family, prefixTexts(table.carry, family)),
]).join('')}${chains}}
`;
}

/** Takes no new flows any more; packets of running ones still find their sockets. */
export function renderRedirectStop(name: string): string {
  return `flush chain inet ${name} take\n`;
}

function renderSet(name: string, family: Family, elements: readonly string[]): string {
  const type = family === 4 ? 'ipv4_addr' : 'ipv6_addr';
  const list = elements.length === 0 ? '' : `\n    elements = { ${elements.join(', ')} }`;
  return `  set ${name} {\n    type ${type}\n    flags interval\n    auto-merge${list}\n  }\n`;
}

// The order is not a matter of taste: TPROXY takes any packet, so only openings may reach it, after the divert rule
// of flows that are carried already and after replies of port forwards and of flows from before the start. Openings
// are never diverted: one that comes from the port of a flow that has ended finds a socket in TIME_WAIT, and only
// tproxy gives it to the listener (tried: diverted, it waits for a retransmission, a second with most devices).
function tproxyChains(table: RedirectTable): string {
  const mark = setMark(table);
  const take = ([4, 6] as const).map((family) => {
    const [proto, word, loopback] = family === 4 ? ['ipv4', 'ip', '127.0.0.1'] : ['ipv6', 'ip6', '[::1]'];
    return `    meta nfproto ${proto} ${OPENING} tproxy ${word} to ${loopback}:${table.port} ${mark} accept\n`;
  });
  return `  chain prerouting {
    type filter hook prerouting priority mangle; policy accept;
${passBy(table)}    ${NO_OPENING} socket transparent 1 ${mark} accept
    ct direction reply accept
    goto take
  }
  chain take {
${take.join('')}  }
`;
}

// NAT sees only the first packet of a connection: running flows and replies never come here. The listener has to be
// on every address, so packets that were not redirected are turned away before it.
function redirectChains(table: RedirectTable): string {
  return `  chain prerouting {
    type nat hook prerouting priority dstnat - 10; policy accept;
${passBy(table)}    goto take
  }
  chain take {
    ${OPENING} redirect to :${table.port}
  }
  chain input {
    type filter hook input priority filter; policy accept;
    tcp dport ${table.port} ct status & dnat == 0 reject with tcp reset
  }
`;
}

/** What leaves the chain before anything is taken. */
function passBy(table: RedirectTable): string {
  const names = table.lanInterfaces.map((name) => `"${name}"`).join(', ');
  const ports =
    table.bypassPorts.length === 0 ? '' : `    tcp dport { ${table.bypassPorts.join(', ')} } return\n`;
  return `    iifname != { ${names} } return
    meta l4proto != tcp return
    fib daddr type { local, broadcast, anycast, multicast } return
    ip daddr @bypass4 ip daddr != @carry4 return
    ip6 daddr @bypass6 ip6 daddr != @carry6 return
${ports}`;
}

/** Sets our bits of the mark and leaves the bits of others alone. */
function setMark({ mark, markMask }: RedirectTable): string {
  const others = (~markMask & 0xffff_ffff) >>> 0;
  return others === 0
    ? `meta mark set ${hex(mark)}`
    : `meta mark set meta mark and ${hex(others)} or ${hex(mark)}`;
}
