// Pieces of nftables rules that the tables of both roles are made of.
import type { Family } from '../base/address.ts';
import { formatPrefix, type Prefix, prefixFamily } from '../base/prefix.ts';
import { hex } from './step.ts';
import type { MarkedTraffic } from './marked-traffic.ts';

type Mark = Pick<MarkedTraffic, 'mark' | 'mask'>;

export const OPENING = 'tcp flags & (syn | ack) == syn';
const NO_OPENING = 'tcp flags & (syn | ack) != syn';

/** Packets that come in by `devices` for transparent sockets of ours find them. Never an opening: see redirect-table. */
export function divert(devices: readonly string[], mark: Mark): string {
  return `iifname ${nameSet(devices)} ${NO_OPENING} socket transparent 1 ${setMark(mark)} accept`;
}

/** Gives an opening to the listener on loopback. @param port of the listener; undefined for that of the target */
export function tproxyTo(family: Family, port: number | undefined, mark: Mark): string {
  const to = family === 4 ? 'ip to 127.0.0.1' : 'ip6 to [::1]';
  return `tproxy ${to}${port === undefined ? '' : `:${port}`} ${setMark(mark)} accept`;
}

/** Sets our bits of the mark and leaves the bits of others alone. */
function setMark({ mark, mask }: Mark): string {
  const others = (~mask & 0xffff_ffff) >>> 0;
  return others === 0
    ? `meta mark set ${hex(mark)}`
    : `meta mark set meta mark and ${hex(others)} or ${hex(mark)}`;
}

export function nameSet(names: readonly string[]): string {
  return `{ ${names.map((name) => `"${name}"`).join(', ')} }`;
}

/** A named set of addresses. @param elements as of prefixTexts */
export function renderSet(name: string, family: Family, elements: readonly string[]): string {
  const type = family === 4 ? 'ipv4_addr' : 'ipv6_addr';
  const list = elements.length === 0 ? '' : `\n    elements = { ${elements.join(', ')} }`;
  return `  set ${name} {\n    type ${type}\n    flags interval\n    auto-merge${list}\n  }\n`;
}

/** Texts of the prefixes of one family, sorted and without repeats, as nft sets want them. */
export function prefixTexts(prefixes: readonly Prefix[], family: Family): string[] {
  const texts = prefixes.filter((prefix) => prefixFamily(prefix) === family).map(formatPrefix);
  return [...new Set(texts)].sort((a, b) => a.localeCompare(b));
}
