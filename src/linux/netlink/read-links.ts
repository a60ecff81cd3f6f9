// Every interface of this host with its addresses and default routes, asked from the kernel in under a millisecond.
import { WanbondError } from '../../base/error.ts';
import type { AddressFact, DefaultRouteFact, LinkFact } from '../../plan/link-fact.ts';
import * as abi from './abi.ts';
import type { AddressEvent } from './address-message.ts';
import { addressesRequest, linksRequest, type RouteNetlinkEvent, readRouteNetlink } from './codec.ts';
import { type LinkEvent, readLink } from './link-message.ts';
import { dump } from './query.ts';
import { readTable } from './read-table.ts';
import { isDefaultRoute, type RouteEvent } from './route-message.ts';
import { Receiver } from './socket.ts';

/** In the kernel's order. @throws SyscallError, WanbondError `netlink-unsteady` */
export function readLinks(): LinkFact[] {
  const receiver = new Receiver();
  return joinFacts([
    ...dump(linksRequest(), readRouteNetlink, receiver),
    ...dump(addressesRequest(), readRouteNetlink, receiver),
    ...readTable(4, abi.RT_TABLE_MAIN, isDefaultRoute, receiver),
    ...readTable(6, abi.RT_TABLE_MAIN, isDefaultRoute, receiver),
  ]);
}

/** By index. @throws SyscallError, WanbondError `netlink-unsteady` */
export function readInterfaceNames(): ReadonlyMap<number, string> {
  const links = dump(linksRequest(), readLink, new Receiver());
  return new Map(links.flatMap(({ index, name }) => (name === undefined ? [] : [[index, name] as const])));
}

/** @throws WanbondError `no-interface` */
export function interfaceIndex(name: string): number {
  const index = findInterface(name);
  if (index !== undefined) return index;
  throw new WanbondError({
    code: 'no-interface',
    message: `there is no interface ${name}`,
    hint: 'Bring it up, or correct its name in the config: ip link show.',
  });
}

/** Undefined when there is none of that name. @throws SyscallError, WanbondError `netlink-unsteady` */
export function findInterface(name: string): number | undefined {
  return [...readInterfaceNames()].find(([, one]) => one === name)?.[0];
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
          operState: link.operState ?? impliedState(link),
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
