// What the parts of one worker share.
import type { Address, SocketAddress } from '../base/address.ts';
import type { FailureReason } from '../transport/failure.ts';
import type { NamedTarget } from '../transport/socks-address.ts';
import type { Counters } from './counters.ts';
import type { Flow } from './flow/flow.ts';
import type { FullTransfers } from './flow/full-transfers.ts';
import type { Loop } from './loop/loop.ts';
import type { PipePool } from './flow/pipe-pool.ts';
import type { Arrival, Resumables } from './server/resumables.ts';
import type { RouterPolicy } from './router/router-policy.ts';
import type { CopyBudget } from './flow/sent-copy.ts';
import type { Listed, Roster } from './roster.ts';
import type { SpareFds } from './spare-fds.ts';
import type { WorkerNews } from './worker-news.ts';

/** A flow that is not established yet. */
export interface Opening extends Listed {
  /** Ends it with a reset towards both sides. */
  abort(): void;
  /** What is known of the outside has changed. */
  onPolicy?(policy: RouterPolicy): void;
}

export interface WorkerContext {
  readonly loop: Loop;
  /** BUFFER_BYTES long, shared by all flows of the worker: holds nothing between two calls. */
  readonly buffer: Buffer;
  /** For what of `buffer` was sealed; holds nothing between two calls either. */
  readonly sealed: Buffer;
  readonly pipes: PipePool;
  readonly spares: SpareFds;
  /** The most that a socket may hold; it may grow. */
  readonly bufferMaxBytes: number;
  /** What bears paths that lose packets; undefined where there is none, or no other than flows have anyway. */
  readonly congestionForLoss: string | undefined;
  readonly fullTransfers: FullTransfers;
  readonly counters: Counters;
  /** For the main thread, which follows WANs and servers. */
  readonly news: WorkerNews;
  readonly flows: Roster<Flow>;
  readonly openings: Roster<Opening>;
  /** Connections that are kept for flows to come. */
  readonly warm: Roster<Opening>;
  /** What copies of the beginnings of flows may still take. */
  readonly copies: CopyBudget;
  readonly resumables: Resumables;
  /** Gives a connection to the worker that has its flow. */
  handOver(worker: number, arrival: Arrival): void;
  /** A flow or an opening has ended and its fds are free. */
  onFlowEnd(): void;
  /** Counts the failure and logs one rate-limited line. */
  fail(reason: FailureReason, detail: string): void;
  /** The target as the log may show it. */
  nameTarget(target: NamedTarget): string;
  /** The address from which the kernel dials it, or an errno; what it said a moment ago is good enough. */
  sourceTowards(to: SocketAddress): Address | number;
  /** Looks a name up; without addresses when there are none. Never calls back before it returns. */
  resolve(name: string, onAnswer: (addresses: readonly Address[]) => void): void;
}
