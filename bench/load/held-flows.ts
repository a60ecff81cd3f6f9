// Many flows that are opened and kept: idle, streaming down, or filled upwards.
import { monotonicMs } from '../../src/lab/traffic/sample.ts';
import { Loop, type Task } from '../../src/relay/loop/loop.ts';
import { ClientFlow, type ClientHandlers, type ClientTarget } from './client-flow.ts';
import { drop, WAIT, write } from './socket-io.ts';
import { encodeRequest } from './wire.ts';

export type Traffic = 'none' | 'down' | 'up';

export interface HeldSample {
  /** Milliseconds of CLOCK_MONOTONIC, as of other programs. */
  readonly atMs: number;
  /** Flows of which an answer has come. */
  readonly open: number;
  /** Those that did not open; they are tried again. */
  readonly failures: number;
  /** Those that broke once they were open. */
  readonly lost: number;
  /** The first of both. */
  readonly failure?: string;
  /** How long the first flow took from connecting to its first byte. */
  readonly firstByteMs?: number;
  /** Received or sent, all flows together. */
  readonly bytes: number;
  /** Longest time without a byte that ended, or was still running, since the sample before. */
  readonly gapMs: number;
}

const OPENING_AT_ONCE = 64;
const SAMPLE_MS = 100;
const LIMIT_MS = 10_000;
const BLOCK_BYTES = 256 * 1024;
const TURN_BYTES = 1 << 20;

const ASKED = { none: 'pings', down: 'stream', up: 'drain' } as const;

/** Runs until it is killed. @param emit called ten times a second */
export function holdFlows(
  target: ClientTarget,
  { count, traffic }: { readonly count: number; readonly traffic: Traffic },
  emit: (sample: HeldSample) => void,
): never {
  const loop = new Loop();
  const request = encodeRequest(ASKED[traffic], 1);
  const block = Buffer.alloc(BLOCK_BYTES, 'wanbond ');
  const opening = new Set<ClientFlow>();
  const opened = new WeakSet<ClientFlow>();
  let begun = 0;
  let open = 0;
  let failures = 0;
  let lost = 0;
  let firstByteMs: number | undefined;
  let failure: string | undefined;
  let bytes = 0;
  let lastByteMs: number | undefined;
  let gapMs = 0;

  const noteGap = (): void => {
    const nowMs = performance.now();
    gapMs = Math.max(gapMs, nowMs - (lastByteMs ?? nowMs));
  };
  const begin = (): void => {
    if (begun >= count) return;
    begun++;
    opening.add(new ClientFlow(loop, target, request, handlers));
  };
  const again = (flow: ClientFlow): void => {
    const task: Task = {
      onTurn: () => {
        if (!flow.isClosed) flow.onEvents(0xffff);
      },
    };
    loop.soon(task);
  };
  const handlers: ClientHandlers = {
    onReadable(flow) {
      for (let taken = 0; taken < TURN_BYTES; ) {
        const got = drop(flow.fd);
        if (got === WAIT) return;
        if (got === 0) return flow.fail('the origin closed');
        if (opening.delete(flow)) {
          opened.add(flow);
          open++;
          firstByteMs ??= performance.now() - flow.startedMs;
          begin();
        }
        taken += got;
        if (traffic !== 'down') continue;
        bytes += got;
        noteGap();
        lastByteMs = performance.now();
      }
      again(flow);
    },
    onWritable(flow) {
      if (traffic !== 'up' || !opened.has(flow)) return;
      for (let sent = 0; sent < TURN_BYTES; ) {
        const gone = write(flow.fd, block, BLOCK_BYTES);
        if (gone === WAIT) return;
        sent += gone;
        bytes += gone;
      }
      again(flow);
    },
    onFailure(flow, why) {
      failure ??= why;
      if (opened.has(flow)) {
        open--;
        lost++;
        return;
      }
      opening.delete(flow);
      failures++;
      begun--;
      begin();
    },
  };

  for (let i = 0; i < Math.min(OPENING_AT_ONCE, count); i++) begin();
  for (let nextMs = performance.now(); ; ) {
    loop.round(Math.max(0, nextMs - performance.now()));
    const nowMs = performance.now();
    if (nowMs < nextMs) continue;
    nextMs = nowMs + SAMPLE_MS;
    for (const flow of opening) {
      if (flow.startedMs > nowMs - LIMIT_MS) break;
      flow.fail(`no answer within ${LIMIT_MS} ms`);
    }
    noteGap();
    emit({
      atMs: monotonicMs(),
      open,
      failures,
      lost,
      bytes,
      gapMs,
      ...(failure !== undefined && { failure }),
      ...(firstByteMs !== undefined && { firstByteMs }),
    });
    gapMs = 0;
  }
}
