// What an opening of the server begins with: its connection, what is asked on it, and the rules of the server.
import type { ServerHandshake } from '../../transport/handshake.ts';
import type { CongestionChoice } from '../congestion-choice.ts';
import type { EgressPolicy } from './egress.ts';

export interface ServerOpeningSettings {
  readonly handshakeTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly congestion: CongestionChoice;
}

/** Counts one more connection that is kept for a key; undefined when it has the most that it may have. */
export type EnterWarm = (keyId: number) => (() => void) | undefined;

/** Looked at when a flow needs them: both may change while a connection is kept for one. */
export interface ServerOpeningRules {
  readonly settings: ServerOpeningSettings;
  readonly egress: EgressPolicy;
}

export interface ServerOpeningStart {
  readonly clientFd: number;
  /** Keeps a number free for the target's socket; the opening's, once it has started. */
  readonly spareFd: number;
  /** The listener takes data with a SYN. */
  readonly isFastOpen: boolean;
  readonly rules: ServerOpeningRules;
  readonly handshake: ServerHandshake;
  /** For when the client has authenticated or is gone; safe to call twice. */
  readonly onProved: () => void;
  readonly enterWarm: EnterWarm;
}

/** What of it is of use once the request is proved. */
export type DialledOpeningStart = Pick<ServerOpeningStart, 'spareFd' | 'rules' | 'onProved'>;
