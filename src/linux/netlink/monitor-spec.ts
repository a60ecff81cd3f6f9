// What the main thread and the monitor's worker thread tell each other.
import type { RouteNetlinkEvent } from './codec.ts';

/** The fds belong to the main thread, which closes them after the worker has ended. */
export interface MonitorSpec {
  /** An eventfd; readable means stop. */
  readonly stopFd: number;
  readonly routeFd: number;
  /** For the questions of CarrierWatch. */
  readonly askFd: number;
  /** Names of the interfaces whose carrier is looked at all the time. */
  readonly carrierOf: readonly string[];
}

export type FromMonitor =
  | { readonly kind: 'ready' }
  | { readonly kind: 'events'; readonly events: readonly RouteNetlinkEvent[] }
  | { readonly kind: 'overrun' };
