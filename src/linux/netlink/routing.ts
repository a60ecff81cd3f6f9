// Adds and deletes routes and routing rules: each call is a fraction of a millisecond, where `ip` takes as long as the
// machine needs to start a program, which is most of a second when it is busy.
import { WanbondError } from '../../base/error.ts';
import type { DefaultRoute, LocalRoute, MarkRule } from '../../plan/step.ts';
import { ENODEV, ENOENT, ESRCH, SyscallError } from '../errno.ts';
import { close } from '../libc.ts';
import * as abi from './abi.ts';
import type { NetlinkRequest } from './codec.ts';
import { order } from './query.ts';
import { findInterface, interfaceIndex } from './read-links.ts';
import { defaultRouteRequest, localRouteRequest, markRuleRequest } from './routing-message.ts';
import { openNetlink, Receiver } from './socket.ts';

// Made once, used by one call at a time.
const receiver = new Receiver();
// Already gone, by itself or with its interface: nothing is left to delete.
const GONE = [ESRCH, ENOENT, ENODEV];

/** @throws WanbondError `routing-refused`, `no-interface` */
export function addDefaultRoute(route: DefaultRoute): void {
  send(
    `add a default route by ${route.device}`,
    defaultRouteRequest('add', route, interfaceIndex(route.device)),
  );
}

/** Ours only, known by its protocol number; it may be gone. @throws WanbondError `routing-refused` */
export function deleteDefaultRoute(route: DefaultRoute): void {
  const index = findInterface(route.device);
  if (index === undefined) return;
  sendDelete(`delete our default route by ${route.device}`, defaultRouteRequest('delete', route, index));
}

/** @throws WanbondError `routing-refused` */
export function addLocalRoute(route: LocalRoute): void {
  send(`add the local route of table ${route.table}`, localRouteRequest('add', route));
}

/** It may be gone. @throws WanbondError `routing-refused` */
export function deleteLocalRoute(route: LocalRoute): void {
  sendDelete(`delete the local route of table ${route.table}`, localRouteRequest('delete', route));
}

/** @throws WanbondError `routing-refused` */
export function addRule(rule: MarkRule): void {
  send(`add the routing rule ${rule.priority} for IPv${rule.family}`, markRuleRequest('add', rule));
}

/** It may be gone. @throws WanbondError `routing-refused` */
export function deleteRule(rule: MarkRule): void {
  sendDelete(
    `delete the routing rule ${rule.priority} for IPv${rule.family}`,
    markRuleRequest('delete', rule),
  );
}

function sendDelete(what: string, asked: NetlinkRequest): void {
  send(what, asked, GONE);
}

function send(what: string, asked: NetlinkRequest, allowed: readonly number[] = []): void {
  const fd = openNetlink(abi.NETLINK_ROUTE);
  try {
    order(fd, asked, receiver);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    if (allowed.includes(error.errno)) return;
    throw new WanbondError({
      code: 'routing-refused',
      message: `cannot ${what}: ${error.message}`,
      hint: 'Run as root; if it still fails, look at `ip rule`, `ip route show table all`, and run `wanbond check`.',
      cause: error,
    });
  } finally {
    close(fd);
  }
}
