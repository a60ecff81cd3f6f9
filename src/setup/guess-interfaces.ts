// What of a host is LAN and what is WAN, told from its links and default routes.
import { familyOf, formatAddress } from '../base/address.ts';
import { isPrivate } from '../base/private-address.ts';
import { isUsableSource, type LinkFact } from '../plan/link-fact.ts';
import { type DefaultRoute, defaultRoutesOf } from './default-routes.ts';

export interface GuessedInterface {
  readonly interface: string;
  /** What it was told by, for the operator. */
  readonly why: string;
}

export interface InterfaceGuess {
  /** In the order of their default routes. */
  readonly wans: readonly GuessedInterface[];
  readonly lans: readonly GuessedInterface[];
  /** What is neither, with the reason. */
  readonly others: readonly GuessedInterface[];
}

// Names that container, VM and VPN programs give to what they make.
const MADE_BY_PROGRAMS =
  /^(docker\d|br-[0-9a-f]{12}$|veth|virbr|vnet|lxc|lxdbr|incusbr|cni|flannel|cali|podman|tun|tap|wg|tailscale|zt|ifb|dummy|sit|gre|ip6tnl|teql)/;
const VIRTUAL_KINDS = new Set([
  'tun',
  'wireguard',
  'ifb',
  'dummy',
  'sit',
  'gre',
  'ip6tnl',
  'vti',
  'xfrm',
  'vcan',
]);

/** The loopback is not worth a word. */
export function guessInterfaces(links: readonly LinkFact[]): InterfaceGuess {
  const routes = defaultRoutesOf(links);
  const names = new Map(links.map(({ index, name }) => [index, name]));
  const order = [...new Set(routes.map(({ device }) => device))];
  const judged = links
    .filter(({ isLoopback }) => !isLoopback)
    .map((link) => ({ name: link.name, verdict: judge(link, routes, names) }));
  const those = (as: Verdict['as']): GuessedInterface[] =>
    judged
      .filter(({ verdict }) => verdict.as === as)
      .map(({ name, verdict }) => ({ interface: name, why: verdict.why }));
  const wans = those('wan').sort((a, b) => order.indexOf(a.interface) - order.indexOf(b.interface));
  return { wans, lans: those('lan'), others: those('other') };
}

interface Verdict {
  readonly as: 'wan' | 'lan' | 'other';
  readonly why: string;
}

const other = (why: string): Verdict => ({ as: 'other', why });

function judge(link: LinkFact, routes: readonly DefaultRoute[], names: ReadonlyMap<number, string>): Verdict {
  if (MADE_BY_PROGRAMS.test(link.name)) return other('made by a container, VM or VPN program');
  if (VIRTUAL_KINDS.has(link.kind ?? '')) return other(`a ${link.kind} device`);
  if (link.master !== undefined) return other(`part of ${names.get(link.master) ?? 'another interface'}`);
  if (!link.isAdminUp) return other('down');
  if (!link.hasCarrier) return other('nothing is plugged in');
  const own = routes.filter(({ device }) => device === link.name);
  const usable = link.addresses.filter(isUsableSource);
  const addresses = usable.map(({ address, bits }) => {
    return `${formatAddress(address)}/${familyOf(address) === 4 ? bits - 96 : bits}`;
  });
  if (own.length > 0) {
    const kinds = own.map(({ family, metric }) => `IPv${family} metric ${metric}`);
    return { as: 'wan', why: [`default route (${kinds.join(', ')})`, ...addresses].join(', ') };
  }
  if (addresses.length === 0) return other('no address');
  const hasPrivate = usable.some(({ address }) => isPrivate(address));
  if (hasPrivate || link.kind === 'bridge') return { as: 'lan', why: addresses.join(', ') };
  return other(`no default route, and the public address ${addresses[0]}`);
}
