// What the main thread and a worker tell each other. Everything here survives a structured clone.
import type { Address, SocketAddress } from '../base/address.ts';
import type { ListenProtocol } from '../config/listen-protocol.ts';
import type { SocksUser } from '../config/socks-user.ts';
import type { ClockAnchor } from '../transport/convert/clock.ts';
import type { NamedKey } from '../transport/convert/keys.ts';
import type { Families } from '../transport/handshake.ts';
import type { LoopSpec } from './loop/loop-thread.ts';
import type { EgressPolicy } from './server/egress.ts';
import type { Arrival } from './server/resumables.ts';
import type { RouterOpeningSettings } from './router/router-opening-plan.ts';
import type { RouterPolicy } from './router/router-policy.ts';
import type { ServerOpeningSettings } from './server/server-opening-start.ts';

export interface RelaySettings extends RunningSettings {
  readonly workers: number;
  readonly pipeBytes: number;
}

/** What may change while the relay runs. */
export interface RunningSettings {
  readonly idleTimeoutMs: number;
  readonly halfOpenTimeoutMs: number;
  /** Of the whole process. */
  readonly maxFlows: number;
  /** Whether log lines may name the target. */
  readonly logTargets: boolean;
  /** The most that a socket may hold. */
  readonly bufferMaxBytes: number;
}

export interface ListenSpec {
  readonly at: SocketAddress;
  readonly mptcp: boolean;
  readonly transparent: boolean;
  readonly congestion: string | undefined;
  /** Take the first bytes of a connection with its SYN. */
  readonly fastOpen?: boolean;
  /** Listen on this interface only. */
  readonly device?: string | undefined;
  /** Of the server's protocols; of a router 0 for what is redirected, else SOCKS_PROTOCOL. */
  readonly protocol: number;
}

export const SOCKS_PROTOCOL = 1;

/** What is spoken at a listener of the server, with the memory that its workers share. */
export type ServedProtocol =
  | (ListenProtocol & {
      /** Salts of Shadowsocks, or sessions of SOCKS 6. */
      readonly memory?: SharedArrayBuffer | undefined;
    })
  | { readonly transport: 'intercept'; readonly isSourcePreserved: boolean };

export interface RouterRole {
  readonly kind: 'router';
  /** How an accepted socket tells its target. */
  readonly method: 'tproxy' | 'redirect';
  readonly opening: RouterOpeningSettings;
  /** Who may use the SOCKS port; undefined without one. */
  readonly socks: { readonly users: readonly SocksUser[] | undefined } | undefined;
  readonly policy: RouterPolicy;
}

export interface ServerRole extends ServerAdmission {
  readonly kind: 'server';
  readonly protocols: readonly ServedProtocol[];
  /** Listeners may take data with a SYN. */
  readonly isFastOpen: boolean;
  readonly egress: EgressPolicy;
  readonly serverId: string;
  readonly replayWindow: SharedArrayBuffer;
  /** Where a worker notes what a server that starts later has to know. */
  readonly stateDir: string;
  /** See readAdmittedUntil. */
  readonly admittedUntilMs: number;
  /** Random bytes for the cookies of clients without a key. */
  readonly foreignSecret: Uint8Array;
  /** When the replay window was made. */
  readonly clock: ClockAnchor;
  /** See createUnprovedMemory; one for all workers. */
  readonly unprovedMemory: SharedArrayBuffer;
  /** The same for connections that are kept, by key. */
  readonly warmMemory: SharedArrayBuffer;
}

/** Who may open flows, and how; for those that are not open yet. */
export interface ServerAdmission {
  readonly opening: ServerOpeningSettings;
  readonly keys: readonly NamedKey[];
  readonly maxUnauthenticatedPerAddress: number;
}

export type Role = RouterRole | ServerRole;

export interface WorkerSpec extends LoopSpec {
  readonly index: number;
  readonly role: Role;
  readonly settings: RelaySettings;
  readonly listens: readonly ListenSpec[];
  readonly counterMemory: SharedArrayBuffer;
}

export type ToWorker =
  | { readonly kind: 'policy'; readonly policy: RouterPolicy }
  | { readonly kind: 'egress'; readonly egress: EgressPolicy }
  | { readonly kind: 'settings'; readonly settings: RunningSettings }
  | { readonly kind: 'opening'; readonly opening: RouterOpeningSettings }
  | { readonly kind: 'admission'; readonly admission: ServerAdmission }
  /** Of a `resolve`; empty when there are none. */
  | { readonly kind: 'resolved'; readonly id: number; readonly addresses: readonly Address[] }
  /** A connection whose flow this worker has. */
  | { readonly kind: 'arrival'; readonly arrival: Arrival }
  /** `closeListeners`: refuse new connections from now on. */
  | { readonly kind: 'drain'; readonly closeListeners: boolean }
  /** Reset what is left and end the thread. */
  | { readonly kind: 'stop' };

export type FromWorker =
  /** All listeners are open. */
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'log';
      readonly level: 'info' | 'warn';
      readonly reason: string;
      readonly message: string;
      readonly suppressed: number;
    }
  | { readonly kind: 'families'; readonly server: string; readonly families: Families }
  | { readonly kind: 'doubt' }
  | { readonly kind: 'resolve'; readonly worker: number; readonly id: number; readonly name: string }
  /** The connection belongs to a flow of another worker. */
  | { readonly kind: 'hand-over'; readonly worker: number; readonly arrival: Arrival }
  /** A connection to a server over this WAN came about without MPTCP. */
  | { readonly kind: 'plain'; readonly wan: string }
  /** TCP Fast Open has failed too often over this WAN. */
  | { readonly kind: 'fast-open-lost'; readonly wan: string };
