// What the main thread and the prober tell each other.
import { type Address, sameAddress, type SocketAddress } from '../base/address.ts';
import type { Families } from '../transport/handshake.ts';
import type { MptcpSurvival } from './mptcp-survival.ts';
import type { LinkHealth } from './probe-state.ts';

/** Whom to ask, and how to prove who is asking. */
export interface ProbedServer {
  /** As in the config; by this the answers are told apart. */
  readonly label: string;
  readonly serverId: string;
  readonly keyId: number;
  /** 32 bytes; undefined for a converter of others, which answers no UDP probes. */
  readonly key: Uint8Array | undefined;
}

/** One way to a server that is probed. */
export interface ProbePath {
  readonly wan: string;
  readonly device: string;
  readonly from: Address;
  readonly to: SocketAddress;
  readonly server: ProbedServer;
}

export function sameProbePath(a: ProbePath, b: ProbePath): boolean {
  return (
    a.wan === b.wan &&
    a.device === b.device &&
    a.server.label === b.server.label &&
    sameAddress(a.from, b.from) &&
    sameAddress(a.to.address, b.to.address) &&
    a.to.port === b.to.port
  );
}

export interface ProberSpec {
  /** An eventfd: readable means that messages wait on the port. */
  readonly wakeFd: number;
}

export type ToProber =
  | { readonly kind: 'paths'; readonly paths: readonly ProbePath[] }
  /** A flow got no answer in time: look at once whether anybody does. */
  | { readonly kind: 'doubt' }
  /** A flow that began over this WAN is not MPTCP. */
  | { readonly kind: 'plain'; readonly wan: string }
  | { readonly kind: 'stop' };

/** What is known of a WAN towards one server; milliseconds, undefined while unknown. */
export interface PathMeasurement {
  readonly wan: string;
  readonly server: string;
  readonly health: LinkHealth;
  /** Some probe of this path was answered since the prober knows it. */
  readonly hasAnswered: boolean;
  readonly rttMs: number | undefined;
  readonly minRttMs: number | undefined;
  /** The least of the last few answers. */
  readonly recentRttMs: number | undefined;
  readonly rttDeviationMs: number | undefined;
  /** The least of the last answers; undefined before there were a few. */
  readonly baseRttMs: number | undefined;
  /** Of the last probes, both ways together. */
  readonly lossRatio: number | undefined;
  /** Probes that `lossRatio` is made of. */
  readonly lossProbes: number;
  readonly seenAs: SocketAddress | undefined;
  /** Where UDP is blocked, by connections to the server's TCP port: loss hardly shows in them. */
  readonly probedBy: 'udp' | 'tcp';
  /** As the last try showed; undefined before one came to an end. */
  readonly mptcp: MptcpSurvival | undefined;
  /** What the kernel has learned of the path's MTU. */
  readonly pathMtuBytes: number | undefined;
}

export type FromProber =
  | {
      readonly kind: 'change';
      readonly wan: string;
      readonly server: string;
      readonly reason: string;
      readonly all: readonly PathMeasurement[];
    }
  | { readonly kind: 'measurements'; readonly all: readonly PathMeasurement[] }
  | { readonly kind: 'families'; readonly server: string; readonly families: Families };
