// What a worker lends to its parts, for tests that drive the loop themselves.
import { sourceTowards } from '../linux/sockets.ts';
import { Counters, createCounterMemory } from './counters.ts';
import { FullTransfers } from './flow/full-transfers.ts';
import { BUFFER_BYTES, SEALED_BYTES } from './flow/half-pipe.ts';
import type { Loop } from './loop/loop.ts';
import { PipePool } from './flow/pipe-pool.ts';
import { Resumables } from './server/resumables.ts';
import { WORKER_COPY_BYTES } from './flow/sent-copy.ts';
import { Roster } from './roster.ts';
import { SpareFds } from './spare-fds.ts';
import type { WorkerContext } from './worker-context.ts';
import { WorkerNews } from './worker-news.ts';

export function contextOf(loop: Loop, own: Partial<WorkerContext> = {}): WorkerContext {
  return {
    loop,
    buffer: Buffer.alloc(BUFFER_BYTES),
    sealed: Buffer.alloc(SEALED_BYTES),
    pipes: new PipePool(BUFFER_BYTES),
    spares: new SpareFds(),
    bufferMaxBytes: 16 * 1024 * 1024,
    congestionForLoss: undefined,
    fullTransfers: new FullTransfers(),
    counters: new Counters(createCounterMemory(1), 0),
    news: new WorkerNews(loop, () => undefined),
    flows: new Roster(),
    openings: new Roster(),
    warm: new Roster(),
    copies: { leftBytes: WORKER_COPY_BYTES },
    resumables: new Resumables(),
    handOver: () => undefined,
    onFlowEnd: () => undefined,
    fail: () => undefined,
    nameTarget: () => '',
    sourceTowards,
    resolve: () => undefined,
    ...own,
  };
}
