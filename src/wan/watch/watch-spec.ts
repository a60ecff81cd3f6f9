// What the main thread and the thread that watches the WANs tell each other.
import type { EventBatch } from '../../linux/netlink/event-drain.ts';
import type { LoopSpec } from '../../relay/loop/loop-thread.ts';
import type { Families } from '../../transport/handshake.ts';
import type { PathMeasurement, ProbePath } from '../probe/probe-path.ts';

export interface WatchSpec extends LoopSpec {
  readonly receiveBufferBytes: number | undefined;
}

export type ToWatch =
  /** Names of the interfaces whose carrier is looked at all the time. */
  | { readonly kind: 'carrier-of'; readonly names: readonly string[] }
  | { readonly kind: 'paths'; readonly paths: readonly ProbePath[] }
  /** A flow got no answer in time: look at once whether anybody does. */
  | { readonly kind: 'doubt' }
  /** A flow that began over this WAN is not MPTCP. */
  | { readonly kind: 'plain'; readonly wan: string }
  | { readonly kind: 'stop' };

export type FromProber =
  | {
      readonly kind: 'change';
      readonly wan: string;
      readonly server: string;
      readonly reason: string;
      readonly all: readonly PathMeasurement[];
    }
  | { readonly kind: 'measurements'; readonly all: readonly PathMeasurement[] }
  /** Whether a SOCKS 5 server takes what comes before it has answered. */
  | { readonly kind: 'pipelining'; readonly server: string; readonly isTaken: boolean }
  | { readonly kind: 'families'; readonly server: string; readonly families: Families };

export type FromWatch =
  /** From now on no event of a link is missed. */
  { readonly kind: 'ready' } | EventBatch | FromProber;
