// What the main thread and the prober tell each other.
import type { Address, SocketAddress } from '../base/address.ts';
import type { Families } from '../transport/handshake.ts';
import type { LinkHealth } from './probe-state.ts';

/** One way to the server that is probed. */
export interface ProbePath {
  readonly wan: string;
  readonly device: string;
  readonly from: Address;
  readonly to: SocketAddress;
}

export interface ProberSpec {
  readonly serverId: string;
  readonly keyId: number;
  /** 32 bytes. */
  readonly key: Uint8Array;
  readonly paths: readonly ProbePath[];
  /** An eventfd: readable means that messages wait on the port. */
  readonly wakeFd: number;
}

export type ToProber =
  | { readonly kind: 'paths'; readonly paths: readonly ProbePath[] }
  | { readonly kind: 'stop' };

/** What is known of a WAN; milliseconds, undefined while unknown. */
export interface WanMeasurement {
  readonly wan: string;
  readonly health: LinkHealth;
  /** Some probe of this WAN was answered since the prober knows it. */
  readonly hasAnswered: boolean;
  readonly rttMs: number | undefined;
  readonly minRttMs: number | undefined;
  readonly rttDeviationMs: number | undefined;
  readonly lossRatio: number | undefined;
  readonly seenAs: SocketAddress | undefined;
}

export type FromProber =
  | {
      readonly kind: 'change';
      readonly wan: string;
      readonly reason: string;
      readonly all: readonly WanMeasurement[];
    }
  | { readonly kind: 'measurements'; readonly all: readonly WanMeasurement[] }
  | { readonly kind: 'families'; readonly families: Families };
