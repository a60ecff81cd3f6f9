// The links of this host and its default routes: what is LAN and what is WAN is guessed from them.
import type { Family } from '../base/address.ts';
import type { InterfaceFact } from '../plan/host-facts.ts';
import { readInterfaces } from './host-facts.ts';
import { ipJson } from './ip.ts';

export interface LinkFact extends InterfaceFact {
  /** As `ip -details` has it: bridge, vlan, ppp, tun, wireguard; undefined for hardware. */
  readonly kind: string | undefined;
  /** The bridge or bond that it belongs to. */
  readonly master: string | undefined;
  readonly isLoopback: boolean;
  /** Set up by the operator. */
  readonly isUp: boolean;
  /** Something is plugged in at the other end. */
  readonly hasCarrier: boolean;
}

export interface DefaultRoute {
  readonly device: string;
  readonly family: Family;
  readonly metric: number;
}

interface LinkJson {
  ifname: string;
  flags: string[];
  master?: string;
  linkinfo?: { info_kind?: string };
}

export function readLinks(): LinkFact[] {
  const addresses = new Map(readInterfaces().map((one) => [one.name, one.addresses]));
  return ipJson<LinkJson>(['-details', 'link', 'show']).map((link) => ({
    name: link.ifname,
    addresses: addresses.get(link.ifname) ?? [],
    kind: link.linkinfo?.info_kind,
    master: link.master,
    isLoopback: link.flags.includes('LOOPBACK'),
    isUp: link.flags.includes('UP'),
    hasCarrier: link.flags.includes('LOWER_UP'),
  }));
}

interface RouteJson {
  dev?: string;
  metric?: number;
  nexthops?: { dev?: string }[];
}

/** Of the main table, best first; a route over several links is one for each. */
export function readDefaultRoutes(): DefaultRoute[] {
  const routes = ([4, 6] as const).flatMap((family) =>
    ipJson<RouteJson>([family === 4 ? '-4' : '-6', 'route', 'show', 'default']).flatMap((route) =>
      [route, ...(route.nexthops ?? [])].flatMap(({ dev }) =>
        dev === undefined ? [] : [{ device: dev, family, metric: route.metric ?? 0 }],
      ),
    ),
  );
  return routes.sort((a, b) => a.family - b.family || a.metric - b.metric);
}
