// What an opening of the router is given: where it may go and how, and who is told of its end.
import type { SocketAddress } from '../../base/address.ts';
import type { FailureReason } from '../../transport/failure.ts';
import type { ClientHandshake, PathHints } from '../../transport/handshake.ts';
import type { CongestionChoice } from '../congestion-choice.ts';
import type { Attempt } from './connect-race.ts';
import type { FastOpenTrials } from './fast-open-trials.ts';
import type { Candidate } from './router-policy.ts';
import type { Roster } from '../roster.ts';
import type { YoungFlow } from './young-flow.ts';

export interface RouterOpeningSettings {
  readonly connectTimeoutMs: number;
  readonly handshakeTimeoutMs: number;
  readonly earlyDataWaitMs: number;
  /** The most connections that a worker keeps ahead of need. */
  readonly warmMost: number;
  readonly congestion: CongestionChoice;
}

export interface Route {
  readonly candidates: readonly Candidate[];
  readonly handshake: ClientHandshake;
}

export interface RouterOpeningPlan {
  readonly settings: RouterOpeningSettings;
  readonly target: SocketAddress;
  readonly hints: PathHints;
  /** In order: each server, then the target itself where that is allowed. */
  readonly routes: readonly Route[];
  /** Where the flow goes for its youth, once it is established. */
  readonly young: Roster<YoungFlow>;
  /** Of a device that asked for the target by itself. */
  readonly front?: RouterFront;
  /** On which WANs the first connection may begin with the hello in its SYN. */
  readonly fastOpen: FastOpenTrials;
  /** Gives a connection to the first server that is ready for a flow, if there is one. */
  readonly takeWarm?: () => Attempt | undefined;
}

/** Tells the device what became of its flow. */
export interface RouterFront {
  /** To be sent before any byte of the target. */
  accepted(): Buffer;
  /**
   * Takes the connection of the device back.
   *
   * @param first what was read of it, for another target; undefined when this one may have got some of that
   */
  refused(reason: FailureReason, first: Buffer | undefined): void;
}

/** The one that a candidate for `server` belongs to. */
export function routeTo({ routes }: RouterOpeningPlan, server: string | undefined): Route | undefined {
  return routes.find(({ candidates }) => candidates[0]?.server === server);
}
