// Tries each SOCKS 5 server of the config once for pipelined requests, and again later where that could not be told.
import type { Loop } from '../../relay/loop/loop.ts';
import type { HelloProbe } from './hello-probe.ts';
import { tryPipelining } from './pipeline-try.ts';
import type { ProbedPath } from '../probe/probed-path.ts';

const AGAIN_MS = 60_000;

export class PipelineTrials {
  readonly #loop: Loop;
  readonly #tell: (server: string, isTaken: boolean) => void;
  /** By label: when the next try is due; never again once it is known. */
  readonly #dueMs = new Map<string, number>();
  #running: HelloProbe | undefined;

  constructor(loop: Loop, tell: (server: string, isTaken: boolean) => void) {
    this.#loop = loop;
    this.#tell = tell;
  }

  tick(paths: readonly Pick<ProbedPath, 'health' | 'spec'>[]): void {
    const { nowMs } = this.#loop;
    if (this.#running) return;
    for (const { health, spec } of paths) {
      const { label, protocol } = spec.server;
      if (protocol.transport !== 'socks5' || protocol.pipelined !== 'auto') continue;
      if (health !== 'up' || nowMs < (this.#dueMs.get(label) ?? 0)) continue;
      this.#dueMs.set(label, nowMs + AGAIN_MS);
      const probe = tryPipelining(this.#loop, spec, protocol, (isTaken) => this.#onEnd(label, isTaken));
      // Before the start, which may be the end already.
      this.#running = probe;
      probe.start();
      return;
    }
  }

  /** The servers are others now. */
  forget(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.#dueMs.clear();
  }

  #onEnd(label: string, isTaken: boolean | undefined): void {
    this.#running = undefined;
    if (isTaken === undefined) return;
    this.#dueMs.set(label, Number.POSITIVE_INFINITY);
    this.#tell(label, isTaken);
  }
}
