// Every interface of this host with its addresses and default routes, asked from the kernel in under a millisecond.
import type { AddressFact, DefaultRouteFact, LinkFact } from '../../plan/link-fact.ts';
import { ENOENT, SyscallError } from '../errno.ts';
import type { AddressEvent } from './address-message.ts';
import {
  addressesRequest,
  linksRequest,
  mainRoutesRequest,
  type RouteNetlinkEvent,
  readRouteNetlink,
} from './codec.ts';
import type { LinkEvent } from './link-message.ts';
import { dump } from './query.ts';
import { isDefaultRoute, type RouteEvent } from './route-message.ts';
import { Receiver } from './socket.ts';

/** In the kernel's order. @throws SyscallError, WanbondError `netlink-unsteady` */
export function readLinks(): LinkFact[] {
  const receiver = new Receiver();
  return joinFacts([
    ...dump(linksRequest(), readRouteNetlink, receiver),
    ...dump(addressesRequest(), readRouteNetlink, receiver),
    ...readRoutes(4, receiver),
    ...readRoutes(6, receiver),
  ]);
}

/** A family without any route has no main table. */
function readRoutes(family: 4 | 6, receiver: Receiver): RouteEvent[] {
  // A kernel that knows nothing of the family, or does not filter, answers for all of them.
  const read = (message: Parameters<typeof readRouteNetlink>[0]): RouteEvent | undefined => {
    const route = readRouteNetlink(message);
    return route?.kind === 'route' && route.family === family && isDefaultRoute(route) ? route : undefined;
  };
  try {
    return dump(mainRoutesRequest(family), read, receiver);
  } catch (error) {
    if (error instanceof SyscallError && error.errno === ENOENT) return [];
    throw error;
  }
}

/** Links with what belongs to them; what belongs to none (it came or went between two dumps) is left out. */
export function joinFacts(parts: readonly RouteNetlinkEvent[]): LinkFact[] {
  const addresses = parts.filter((one) => one.kind === 'address');
  const routes = parts.filter((one) => one.kind === 'route');
  return parts
    .filter((one) => one.kind === 'link')
    .flatMap((link): LinkFact[] => {
      if (link.name === undefined) return [];
      return [
        {
          index: link.index,
          name: link.name,
          kind: link.linkKind,
          isAdminUp: link.isAdminUp,
          hasCarrier: link.hasCarrier,
          isLoopback: link.isLoopback,
          isPointToPoint: link.isPointToPoint,
          operState: link.operState ?? impliedState(link),
          mtuBytes: link.mtuBytes,
          master: link.master,
          addresses: addresses.filter((one) => one.index === link.index).map(toAddressFact),
          defaultRoutes: routes
            .flatMap((one) => toDefaultRoutes(one, link.index))
            .sort((a, b) => a.metric - b.metric),
        },
      ];
    });
}

function impliedState(link: LinkEvent): LinkFact['operState'] {
  return link.isRunning ? 'unknown' : 'down';
}

function toAddressFact(event: AddressEvent): AddressFact {
  const { kind: _kind, isRemoved: _isRemoved, index: _index, ...fact } = event;
  return fact;
}

function toDefaultRoutes(route: RouteEvent, index: number): DefaultRouteFact[] {
  return route.nextHops
    .filter((hop) => hop.index === index)
    .map(({ gateway }) => ({
      family: route.family,
      gateway,
      metric: route.metric,
      protocol: route.protocol,
      sourcePrefix: route.sourcePrefix,
      preferredSource: route.preferredSource,
    }));
}
