// Many flows that are opened and kept: idle, streaming down, or filled upwards once all of them are open.
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
  /** Those that broke once they were open; until all are, they are opened again. */
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
// One flow's share of a round, when there are few and when there are many.
const TURN_BYTES = 1 << 20;
const ROUND_BYTES = 256 << 20;

const GO = Buffer.alloc(1);
const BLOCK = Buffer.alloc(BLOCK_BYTES, 'wanbond ');
const EVERYTHING = 0xffff;

const ASKED = { none: 'pings', down: 'stream', up: 'drain' } as const;

/** Runs until it is killed. @param emit called ten times a second */
export function holdFlows(
  target: ClientTarget,
  amount: { readonly count: number; readonly traffic: Traffic },
  emit: (sample: HeldSample) => void,
): never {
  return new HeldFlows(target, amount, emit).run();
}

class HeldFlows implements ClientHandlers {
  readonly #loop = new Loop(() => this.#sampleWhenDue());
  readonly #target: ClientTarget;
  readonly #count: number;
  readonly #traffic: Traffic;
  readonly #emit: (sample: HeldSample) => void;
  readonly #request: Buffer;
  readonly #turnBytes: number;
  readonly #opening = new Set<ClientFlow>();
  readonly #open = new Set<ClientFlow>();
  /** Of those that are asked for a stream. */
  readonly #asked = new WeakSet<ClientFlow>();
  #isCarrying = false;
  #begun = 0;
  #failures = 0;
  #lost = 0;
  #failure: string | undefined;
  #firstByteMs: number | undefined;
  #bytes = 0;
  #lastByteMs: number | undefined;
  #gapMs = 0;
  #sampleDueMs = performance.now();

  constructor(
    target: ClientTarget,
    { count, traffic }: { readonly count: number; readonly traffic: Traffic },
    emit: (sample: HeldSample) => void,
  ) {
    this.#target = target;
    this.#count = count;
    this.#traffic = traffic;
    this.#emit = emit;
    this.#request = encodeRequest(ASKED[traffic], 1);
    this.#turnBytes = Math.min(TURN_BYTES, ROUND_BYTES / count);
  }

  run(): never {
    for (let i = 0; i < Math.min(OPENING_AT_ONCE, this.#count); i++) this.#begin();
    for (;;) this.#loop.round(Math.max(0, this.#sampleDueMs - performance.now()));
  }

  onReadable(flow: ClientFlow): void {
    for (let taken = 0; taken < this.#turnBytes; ) {
      const got = drop(flow.fd);
      if (got === WAIT) return;
      if (got === 0) return flow.fail('the origin closed');
      if (this.#opening.delete(flow)) this.#onOpen(flow);
      taken += got;
      if (this.#traffic === 'down') this.#noteBytes(got);
    }
    this.#again(flow);
  }

  onWritable(flow: ClientFlow): void {
    if (!this.#isCarrying || !this.#open.has(flow)) return;
    if (this.#traffic === 'down') this.#askForStream(flow);
    if (this.#traffic === 'up') this.#fill(flow);
  }

  onFailure(flow: ClientFlow, why: string): void {
    this.#failure ??= why;
    if (this.#open.delete(flow)) {
      this.#lost++;
      if (this.#isCarrying) return;
    } else {
      this.#opening.delete(flow);
      this.#failures++;
    }
    this.#begun--;
    this.#begin();
  }

  #begin(): void {
    if (this.#begun >= this.#count) return;
    this.#begun++;
    this.#opening.add(new ClientFlow(this.#loop, this.#target, this.#request, this));
  }

  #onOpen(flow: ClientFlow): void {
    this.#open.add(flow);
    this.#firstByteMs ??= performance.now() - flow.startedMs;
    this.#begin();
    // Before all are, those that are open would take all there is, and the others come to nothing for want of a turn.
    if (this.#isCarrying || this.#open.size < this.#count) return;
    this.#isCarrying = true;
    this.#lastByteMs = performance.now();
    for (const one of this.#open) this.#again(one);
  }

  #askForStream(flow: ClientFlow): void {
    if (this.#asked.has(flow)) return;
    this.#asked.add(flow);
    write(flow.fd, GO, GO.length);
  }

  #fill(flow: ClientFlow): void {
    for (let sent = 0; sent < this.#turnBytes; ) {
      const gone = write(flow.fd, BLOCK, BLOCK_BYTES);
      if (gone === WAIT) return;
      sent += gone;
      this.#bytes += gone;
    }
    this.#again(flow);
  }

  #again(flow: ClientFlow): void {
    const task: Task = {
      onTurn: () => {
        if (!flow.isClosed) flow.onEvents(EVERYTHING);
      },
    };
    this.#loop.soon(task);
  }

  #noteBytes(count: number): void {
    this.#bytes += count;
    this.#noteGap();
    this.#lastByteMs = performance.now();
  }

  #noteGap(): void {
    const nowMs = performance.now();
    this.#gapMs = Math.max(this.#gapMs, nowMs - (this.#lastByteMs ?? nowMs));
  }

  /** In the midst of a round, too: one of thousands of full flows takes seconds. */
  #sampleWhenDue(): void {
    const nowMs = performance.now();
    if (nowMs < this.#sampleDueMs) return;
    this.#sampleDueMs = nowMs + SAMPLE_MS;
    for (const flow of this.#opening) {
      if (flow.startedMs > nowMs - LIMIT_MS) break;
      flow.fail(`no answer within ${LIMIT_MS} ms`);
    }
    this.#noteGap();
    this.#emit({
      atMs: monotonicMs(),
      open: this.#open.size,
      failures: this.#failures,
      lost: this.#lost,
      bytes: this.#bytes,
      gapMs: this.#gapMs,
      ...(this.#failure !== undefined && { failure: this.#failure }),
      ...(this.#firstByteMs !== undefined && { firstByteMs: this.#firstByteMs }),
    });
    this.#gapMs = 0;
  }
}
