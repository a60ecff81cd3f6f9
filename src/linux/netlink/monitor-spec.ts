// What the main thread and the monitor's worker thread tell each other.
import type { KernelEvent } from './codec.ts';
import type { MptcpEventName } from './mptcp-message.ts';

/** The fds belong to the main thread, which closes them after the worker has ended. */
export interface MonitorSpec {
  /** An eventfd; readable means stop. */
  readonly stopFd: number;
  readonly routeFd: number;
  readonly mptcpFd: number | undefined;
  readonly mptcpEvents: readonly MptcpEventName[];
  /** For the questions of CarrierWatch. */
  readonly askFd: number;
  /** Names of the interfaces whose carrier is looked at all the time. */
  readonly carrierOf: readonly string[];
}

export type EventSource = 'route' | 'mptcp';

export type FromMonitor =
  | { readonly kind: 'ready' }
  | { readonly kind: 'events'; readonly events: readonly KernelEvent[] }
  | { readonly kind: 'overrun'; readonly source: EventSource };
