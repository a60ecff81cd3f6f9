// The routes of one routing table.
import { ENOENT, SyscallError } from '../errno.ts';
import { readRouteNetlink, routesRequest } from './codec.ts';
import { dump } from './query.ts';
import type { RouteEvent } from './route-message.ts';
import type { Receiver } from './socket.ts';

/**
 * Those that are `wanted`: a main table may hold a million. Empty for a table that does not exist.
 * @throws SyscallError, WanbondError `netlink-unsteady`
 */
export function readTable(
  family: 4 | 6,
  table: number,
  wanted: (route: RouteEvent) => boolean,
  receiver: Receiver,
): RouteEvent[] {
  // A kernel that knows nothing of the family, or does not filter, answers for all of them.
  const read = (message: Parameters<typeof readRouteNetlink>[0]): RouteEvent | undefined => {
    const route = readRouteNetlink(message);
    if (route?.kind !== 'route' || route.family !== family || route.table !== table) return undefined;
    return wanted(route) ? route : undefined;
  };
  try {
    return dump(routesRequest(family, table), read, receiver);
  } catch (error) {
    if (error instanceof SyscallError && error.errno === ENOENT) return [];
    throw error;
  }
}
