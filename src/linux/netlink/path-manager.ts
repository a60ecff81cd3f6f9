// The kernel's MPTCP path manager, asked and ordered over generic netlink: each call is a fraction of a millisecond.
import { formatAddress } from '../../base/address.ts';
import { WanbondError } from '../../base/error.ts';
import type { Limits } from '../../plan/step.ts';
import { ENOENT, SyscallError } from '../errno.ts';
import { close } from '../libc.ts';
import * as abi from './abi.ts';
import {
  addEndpointRequest,
  deleteEndpointRequest,
  type EndpointFlag,
  endpointsRequest,
  limitsRequest,
  MPTCP_FAMILY,
  type MptcpEndpoint,
  readEndpoint,
  readLimitsReply,
  setFlagsRequest,
  setLimitsRequest,
} from './endpoint-message.ts';
import { encodeFamilyRequest, readFamilyId } from './generic-family.ts';
import { dump, order, request } from './query.ts';
import { openNetlink, Receiver } from './socket.ts';

// A buffer of 64 kB: made once, used by one call at a time.
const receiver = new Receiver();
// Given when the kernel starts: MPTCP is no module.
let familyId: number | undefined;

/** In the order of their making. @throws WanbondError `mptcp-endpoints`, also for want of CAP_NET_ADMIN */
export function listEndpoints(): MptcpEndpoint[] {
  return explain('read the MPTCP endpoints', 'Run as root.', () =>
    withSocket((_fd, family) => dump(endpointsRequest(family), readEndpoint, receiver, abi.NETLINK_GENERIC)),
  );
}

/** Live connections get their subflow at once. @throws WanbondError `mptcp-endpoints` */
export function addEndpoint(endpoint: MptcpEndpoint): void {
  const what = `add the MPTCP endpoint ${formatAddress(endpoint.address)} id ${endpoint.id}`;
  const hint = 'Look for one with the same address or id, and for more than 8: ip mptcp endpoint show.';
  explain(what, hint, () =>
    withSocket((fd, family) => order(fd, addEndpointRequest(family, endpoint), receiver)),
  );
}

/** Live connections lose their subflow at once, and send again what was on its way. @throws WanbondError `mptcp-endpoints` */
export function deleteEndpoint(id: number): void {
  explain(`delete the MPTCP endpoint id ${id}`, 'See which there are: ip mptcp endpoint show.', () =>
    withSocket((fd, family) => order(fd, deleteEndpointRequest(family, id), receiver)),
  );
}

/**
 * Sets `backup` and `fullmesh` as they are in `flags`, leaves the others. The peers of live connections are told
 * (MP_PRIO). @throws WanbondError `mptcp-endpoints`
 */
export function setEndpointFlags(id: number, flags: readonly EndpointFlag[]): void {
  explain(`change the MPTCP endpoint id ${id}`, 'See which there are: ip mptcp endpoint show.', () =>
    withSocket((fd, family) => order(fd, setFlagsRequest(family, id, flags), receiver)),
  );
}

/** @throws WanbondError `mptcp-endpoints` */
export function getLimits(): Limits {
  return explain('read the MPTCP limits', 'Run `wanbond check`.', () =>
    withSocket((fd, family) => {
      const limits = request(fd, limitsRequest(family), readLimitsReply, receiver);
      if (!limits) throw new SyscallError('netlink request GET_LIMITS (no limits in the answer)', ENOENT);
      return limits;
    }),
  );
}

/** @throws WanbondError `mptcp-endpoints` */
export function setLimits(limits: Limits): void {
  explain('set the MPTCP limits', 'Each is at most 8.', () =>
    withSocket((fd, family) => order(fd, setLimitsRequest(family, limits), receiver)),
  );
}

/** A socket for each call: it belongs to the network namespace in which it was opened. */
function withSocket<T>(use: (fd: number, family: number) => T): T {
  const fd = openNetlink(abi.NETLINK_GENERIC);
  try {
    familyId ??= request(
      fd,
      { type: abi.GENL_ID_CTRL, body: encodeFamilyRequest(MPTCP_FAMILY) },
      readFamilyId,
      receiver,
    );
    if (familyId === undefined) throw new SyscallError(`no generic netlink family ${MPTCP_FAMILY}`, ENOENT);
    return use(fd, familyId);
  } finally {
    close(fd);
  }
}

function explain<T>(what: string, hint: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    throw new WanbondError({
      code: 'mptcp-endpoints',
      message: `cannot ${what}: ${error.message}`,
      hint: error.errno === ENOENT ? 'This kernel has no MPTCP: run `wanbond check`.' : hint,
      cause: error,
    });
  }
}
