// Which address of a WAN's interface its connections come from.
import { type Address, type Family, familyOf, sameAddress } from '../../base/address.ts';
import { parsePrefix, prefixContains } from '../../base/prefix.ts';
import type { AddressFact, DefaultRouteFact, LinkFact } from '../../plan/link-fact.ts';

// Not reachable from the Internet, whatever the kernel says of their scope: RFC 4193, RFC 3927.
const UNIQUE_LOCAL = parsePrefix('fc00::/7');
const AUTOCONFIGURED = parsePrefix('169.254.0.0/16');

/**
 * The best address, or the `previous` one as long as nothing but the order of addresses speaks against it: endpoints
 * and probes depend on it. One without a default route may do as well: a route to the server is enough. (Tried on 6.18,
 * with SO_BINDTODEVICE and a bound source: without any route IPv4 takes every destination for a neighbour, which works on
 * point-to-point links and where the gateway answers ARP for the whole world, and otherwise is EHOSTUNREACH after 3 s;
 * IPv6 is ENETUNREACH at once.)
 *
 * @param configured the only addresses allowed, of which the first that is there is taken; undefined allows all but
 * those that are about to go.
 */
export function chooseSource(
  link: LinkFact,
  family: Family,
  configured: readonly Address[] | undefined,
  previous: Address | undefined,
): Address | undefined {
  const present = link.addresses.filter((one) => one.family === family && isSettled(one));
  if (configured) {
    return configured.find((wanted) => present.some((one) => sameAddress(one.address, wanted)));
  }
  const candidates = present.filter(isLasting).map((fact) => {
    return { fact, rank: rankOf(fact, routeFor(fact.address, link.defaultRoutes)) };
  });
  const isPrevious = (fact: AddressFact): boolean => !!previous && sameAddress(fact.address, previous);
  // Sorting is stable: the kernel's order decides between equals.
  const [best] = candidates.toSorted(
    (a, b) =>
      compare(a.rank, b.rank) ||
      Number(isPrevious(b.fact)) - Number(isPrevious(a.fact)) ||
      Number(a.fact.isSecondary) - Number(b.fact.isSecondary),
  );
  return best?.fact.address;
}

/** Whether a socket can be bound to it. */
function isSettled({ isTentative, isDadFailed }: AddressFact): boolean {
  return !isTentative && !isDadFailed;
}

function isLasting({ scope, isDeprecated, isTemporary }: AddressFact): boolean {
  return (scope === 'global' || scope === 'site') && !isDeprecated && !isTemporary;
}

/** As the kernel chooses: among the routes for this source the most special one, then the best metric. */
function routeFor(source: Address, routes: readonly DefaultRouteFact[]): DefaultRouteFact | undefined {
  const bitsOf = (route: DefaultRouteFact): number => route.sourcePrefix?.bits ?? 0;
  return routes
    .filter((one) => one.family === familyOf(source))
    .filter((one) => one.sourcePrefix === undefined || prefixContains(one.sourcePrefix, source))
    .toSorted((a, b) => bitsOf(b) - bitsOf(a) || a.metric - b.metric)[0];
}

/** Smaller is better, earlier members first. */
function rankOf(fact: AddressFact, route: DefaultRouteFact | undefined): number[] {
  const isLocal = prefixContains(UNIQUE_LOCAL, fact.address) || prefixContains(AUTOCONFIGURED, fact.address);
  return [route === undefined, isLocal, route !== undefined && !suits(fact, route)].map(Number);
}

/** Whether the route is this address's own: a modem's management address beside the real one has another subnet. */
function suits(fact: AddressFact, { gateway, preferredSource }: DefaultRouteFact): boolean {
  if (preferredSource) return sameAddress(preferredSource, fact.address);
  // Gateways of IPv6 are link-local and tell nothing.
  if (!gateway || fact.family === 6 || familyOf(gateway) === 6) return true;
  return prefixContains({ address: fact.peer ?? fact.address, bits: fact.bits }, gateway);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) if (value !== b[i]) return value - (b[i] as number);
  return 0;
}
