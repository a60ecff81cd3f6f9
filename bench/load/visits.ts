// Short connections, so many at a time: how many a second, and how long until the first byte of the answer.
import { Loop } from '../../src/relay/loop/loop.ts';
import { ClientFlow, type ClientTarget } from './client-flow.ts';
import { Latencies } from './latencies.ts';
import { drop, WAIT } from './socket-io.ts';
import { encodeRequest } from './wire.ts';

export interface VisitsResult {
  readonly connectionsPerSecond: number;
  readonly firstByteP50Ms: number | undefined;
  readonly firstByteP99Ms: number | undefined;
  /** In the window. */
  readonly connections: number;
  readonly failures: number;
  /** The first one. */
  readonly failure?: string;
}

const ANSWER_BYTES = 100;
// Programs along the way have compiled what they run all the time by then, and the kernel's tables have grown.
const WARM_UP_MS = 1500;
// Of fewer the 99th percentile is one of the last few.
const LEAST_FOR_P99 = 500;
// A SYN is sent again after one second; what takes longer has failed.
const LIMIT_MS = 5000;
const LOOK_MS = 200;

/** @param onWindow called when the window begins, and when it ends */
export function runVisits(
  target: ClientTarget,
  { atATime, seconds }: { readonly atATime: number; readonly seconds: number },
  onWindow: (edge: 'begins' | 'ends') => void,
): VisitsResult {
  const loop = new Loop();
  const request = encodeRequest('answer', ANSWER_BYTES);
  const latencies = new Latencies();
  const running = new Set<ClientFlow>();
  const firstByteAt = new WeakMap<ClientFlow, number>();
  const fromMs = performance.now() + WARM_UP_MS;
  const toMs = fromMs + seconds * 1000;
  let connections = 0;
  let failures = 0;
  let failure: string | undefined;

  const begin = (): void => {
    if (performance.now() < toMs) running.add(new ClientFlow(loop, target, request, handlers));
  };
  const handlers = {
    onReadable(flow: ClientFlow): void {
      for (;;) {
        const count = drop(flow.fd);
        if (count === WAIT) return;
        if (count === 0) return end(flow);
        if (!firstByteAt.has(flow)) firstByteAt.set(flow, performance.now());
      }
    },
    onFailure(flow: ClientFlow, why: string): void {
      running.delete(flow);
      failures++;
      failure ??= why;
      begin();
    },
  };
  const end = (flow: ClientFlow): void => {
    const firstMs = firstByteAt.get(flow);
    if (firstMs === undefined) return flow.fail('closed without an answer');
    running.delete(flow);
    flow.close();
    const nowMs = performance.now();
    if (nowMs >= fromMs && nowMs < toMs) connections++;
    // Also of those that end after the window: they are the slow ones.
    if (flow.startedMs >= fromMs) latencies.add(firstMs - flow.startedMs);
    begin();
  };

  for (let i = 0; i < atATime; i++) begin();
  let told: 'begins' | 'ends' | undefined;
  while (told !== 'ends' || running.size > 0) {
    const nowMs = performance.now();
    if (told === undefined && nowMs >= fromMs) onWindow((told = 'begins'));
    if (told === 'begins' && nowMs >= toMs) onWindow((told = 'ends'));
    const nextMs = told === undefined ? fromMs : told === 'begins' ? toMs : nowMs + LOOK_MS;
    loop.round(Math.min(LOOK_MS, Math.max(0, nextMs - nowMs)));
    const tooOldMs = performance.now() - LIMIT_MS;
    for (const flow of running) {
      // In the order in which they began.
      if (flow.startedMs > tooOldMs) break;
      flow.fail(`no end within ${LIMIT_MS} ms`);
    }
  }
  return {
    connections,
    connectionsPerSecond: connections / seconds,
    firstByteP50Ms: latencies.percentile(0.5),
    firstByteP99Ms: latencies.count < LEAST_FOR_P99 ? undefined : latencies.percentile(0.99),
    failures,
    ...(failure !== undefined && { failure }),
  };
}
