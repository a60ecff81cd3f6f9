// Which default route has to stand in for the best one, for what is not carried: DNS of the router, UDP, ICMP.
import { type Family, formatAddress } from '../../base/address.ts';
import type { LinkFact } from '../../plan/link-fact.ts';
import type { DefaultRoute } from '../../plan/step.ts';

/**
 * A route over the best usable WAN when the best default route leaves by a WAN that is down; undefined when all is
 * well, when nothing is better, or when the best route is none of our WANs (a VPN, say): that is not ours to judge.
 *
 * @param links without the routes that stand in already. @param usable by device, for every configured WAN.
 */
export function standInRoute(
  family: Family,
  links: readonly LinkFact[],
  usable: ReadonlyMap<string, boolean>,
): DefaultRoute | undefined {
  const routes = links
    .flatMap((link) => link.defaultRoutes.map((route) => ({ device: link.name, ...route })))
    .filter((route) => route.family === family && route.sourcePrefix === undefined)
    .toSorted((a, b) => a.metric - b.metric);
  const best = routes[0];
  if (!best || usable.get(best.device) !== false) return undefined;
  const next = routes.find((route) => usable.get(route.device) === true);
  if (!next) return undefined;
  const gateway = next.gateway === undefined ? undefined : formatAddress(next.gateway);
  return { kind: 'default-route', family, device: next.device, gateway };
}
