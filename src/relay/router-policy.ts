// What the router's workers know of the outside: an immutable snapshot, and the pure decision for a target.
import { type Address, familyOf, type SocketAddress, sameAddress } from '../base/address.ts';
import { type Prefix, prefixContains } from '../base/prefix.ts';

export interface WanPolicy {
  readonly name: string;
  readonly interface: string;
  /** Source addresses, at most one per family is used. */
  readonly sources: readonly Address[];
}

export type UpstreamPolicy =
  | {
      readonly transport: 'convert';
      readonly servers: readonly SocketAddress[];
      readonly serverId: string;
      readonly keyId: number;
      readonly key: Uint8Array;
    }
  | { readonly transport: 'direct' };

export interface RouterPolicy {
  /** Grows with every new snapshot; a flow keeps the one it began with. */
  readonly generation: number;
  /** In the order in which they are tried for a flow's first subflow. */
  readonly wans: readonly WanPolicy[];
  readonly upstream: UpstreamPolicy;
  readonly onServerLoss: 'direct' | 'block';
  /** Addresses of this host: a flow to one of them would be a flow to ourselves. */
  readonly own: readonly Address[];
}

/** One way to open an upstream. */
export interface Candidate {
  readonly wan: string;
  readonly device: string;
  readonly from: Address;
  readonly to: SocketAddress;
  readonly mptcp: boolean;
}

const LOOPBACK: readonly Prefix[] = [
  { address: mapped(127, 0, 0, 0), bits: 104 },
  { address: mapped(0, 0, 0, 0), bits: 104 },
  { address: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), bits: 127 },
];

function mapped(a: number, b: number, c: number, d: number): Address {
  return Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d);
}

/** Whether a flow to `target` may be carried: never one that would come back to this host. */
export function mayCarry(policy: RouterPolicy, target: SocketAddress): boolean {
  if (target.port === 0 || LOOPBACK.some((prefix) => prefixContains(prefix, target.address))) return false;
  return !policy.own.some((own) => sameAddress(own, target.address));
}

/** The ways to reach the far end, best first: every WAN to the preferred server address, then to the next. */
export function upstreamCandidates(policy: RouterPolicy, target: SocketAddress): Candidate[] {
  const destinations = policy.upstream.transport === 'direct' ? [target] : policy.upstream.servers;
  return destinations.flatMap((to) => candidatesTo(policy, to, true));
}

/** The ways to reach the target itself over plain TCP, for when the server is lost. */
export function directCandidates(policy: RouterPolicy, target: SocketAddress): Candidate[] {
  return candidatesTo(policy, target, false);
}

function candidatesTo(policy: RouterPolicy, to: SocketAddress, mptcp: boolean): Candidate[] {
  const family = familyOf(to.address);
  return policy.wans.flatMap((wan) => {
    const from = wan.sources.find((source) => familyOf(source) === family);
    return from ? [{ wan: wan.name, device: wan.interface, from, to, mptcp }] : [];
  });
}
