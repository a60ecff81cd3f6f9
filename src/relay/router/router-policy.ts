// What the router's workers know of the outside: an immutable snapshot, and the pure decision for a target.
import {
  type Address,
  ANY_V4,
  ANY_V6,
  familyOf,
  fromV4,
  type SocketAddress,
  sameAddress,
} from '../../base/address.ts';
import { type Prefix, prefixContains } from '../../base/prefix.ts';
import type { ServerProtocol } from '../../config/server-protocol.ts';
import type { PathHints } from '../../transport/handshake.ts';
import type { Path } from '../path.ts';

export interface WanPolicy {
  readonly name: string;
  readonly interface: string;
  /** Source addresses, at most one per family is used. */
  readonly sources: readonly Address[];
  /** Its part of the new flows that begin here, compared with the others; 0: only after another one failed. */
  readonly share: number;
  /** The server does not answer over it any more. */
  readonly isSilent: boolean;
  /** Flows may begin with TCP Fast Open over it. */
  readonly mayFastOpen: boolean;
  /** An attempt over it that is not connected after this long is joined by one over the next WAN. */
  readonly hedgeDelayMs: number;
}

/** A far end that is told the target. */
export interface ServerPolicy {
  /** By which candidates say whose they are. */
  readonly label: string;
  /** The preferred one first. */
  readonly addresses: readonly SocketAddress[];
  readonly protocol: ServerProtocol;
  /** Of SOCKS 5 that is to be tried out: it takes what comes before it has answered. */
  readonly takesPipelined: boolean | undefined;
}

export interface RouterPolicy {
  /** In the order in which they are tried for a flow's first subflow. */
  readonly wans: readonly WanPolicy[];
  /** Of the paths that new flows will use. */
  readonly hints: PathHints;
  /** In the order in which they are tried; `direct`: MPTCP to the target itself, whose path has a far router. */
  readonly upstream:
    | { readonly transport: 'direct' }
    | { readonly transport: 'servers'; readonly servers: readonly ServerPolicy[] };
  /** Whether flows go out without a server when none can be reached. */
  readonly directWithoutServer: boolean;
  /** Addresses of this host: a flow to one of them would be a flow to ourselves. */
  readonly own: readonly Address[];
}

/** A path on which an upstream may be opened. */
export interface Candidate extends Path {
  readonly mptcp: boolean;
  /** Label of the server that `to` belongs to; undefined for the target itself. */
  readonly server: string | undefined;
  /** How long it is waited for before the next one is tried as well. */
  readonly hedgeDelayMs: number;
}

const LOOPBACK: readonly Prefix[] = [
  { address: fromV4([127, 0, 0, 0]), bits: 104 },
  { address: ANY_V4, bits: 104 },
  { address: ANY_V6, bits: 127 },
];

/** Whether a flow to `target` may be carried: never one that would come back to this host. */
export function mayCarry(policy: RouterPolicy, target: SocketAddress): boolean {
  if (target.port === 0 || LOOPBACK.some((prefix) => prefixContains(prefix, target.address))) return false;
  return !policy.own.some((own) => sameAddress(own, target.address));
}

/** For any of `destinations`, best first: over every WAN to the first of them, then to the next. */
export function candidatesTo(
  wans: readonly WanPolicy[],
  destinations: readonly SocketAddress[],
  { mptcp, server }: Pick<Candidate, 'mptcp' | 'server'>,
): Candidate[] {
  return destinations.flatMap((to) => {
    const family = familyOf(to.address);
    return wans.flatMap((wan) => {
      const from = wan.sources.find((source) => familyOf(source) === family);
      if (!from) return [];
      const { name, interface: device, hedgeDelayMs } = wan;
      return [{ wan: name, device, from, to, mptcp, server, hedgeDelayMs }];
    });
  });
}
