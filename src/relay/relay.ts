// The main thread's handle to the data plane: starts the workers, wakes them, watches their heartbeats.
import { Worker } from 'node:worker_threads';
import { WanbondError } from '../base/error.ts';
import { createHeartbeats, watchHeartbeats } from '../base/heartbeats.ts';
import { builtProgram } from '../base/package-files.ts';
import { within } from '../base/within.ts';
import { openWake, wake } from '../linux/wake.ts';
import type { Families } from '../transport/handshake.ts';
import { type CounterTotals, createCounterMemory, readCounters } from './counters.ts';
import { NameLookups } from './server/name-lookup.ts';
import type { FromWorker, ListenSpec, RelaySettings, Role, ToWorker, WorkerSpec } from './worker-spec.ts';

// The longest that the LAN may wait for it.
const STUCK_AFTER_MS = 3500;
const STOP_TIMEOUT_MS = 3000;
// V8 would let the young garbage of each thread grow to 48 MB before it looks at it, though short flows leave little
// alive. Looking sooner costs a few percent of CPU per flow (tried, 30,000 flows: a server of 130 MB and not 180).
const YOUNG_GENERATION_MB = 4;

export interface RelayLogLine {
  readonly level: 'info' | 'warn';
  readonly reason: string;
  readonly message: string;
  readonly suppressed: number;
}

export interface RelayHandlers {
  onLog(line: RelayLogLine): void;
  onFamilies(server: string, families: Families): void;
  /** An attempt to connect is overdue. */
  onDoubt(): void;
  /** A connection to a server over this WAN came about without MPTCP. */
  onPlain(wan: string): void;
  /** TCP Fast Open has failed too often over this WAN. */
  onFastOpenLost(wan: string): void;
  /** A worker threw, ended or is stuck: flows are lost and the process must end now. */
  onFatal(error: WanbondError): void;
}

interface Thread {
  readonly worker: Worker;
  readonly wakeFd: number;
  readonly ended: Promise<void>;
}

export class Relay {
  private readonly threads: Thread[] = [];
  private readonly counterMemory: SharedArrayBuffer;
  private readonly heartbeats: SharedArrayBuffer;
  private readonly watch: NodeJS.Timeout;
  private readonly handlers: RelayHandlers;
  private readonly names = new NameLookups();
  private isStopping = false;

  /** Resolves when every worker listens. @throws the first worker's error, for example a port in use. */
  static async start(
    role: Role,
    settings: RelaySettings,
    listens: readonly ListenSpec[],
    handlers: RelayHandlers,
  ): Promise<Relay> {
    const relay = new Relay(settings.workers, handlers);
    const starting = Array.from({ length: settings.workers }, (_, index) =>
      relay.startWorker({ index, role, settings, listens }),
    );
    await Promise.all(starting);
    return relay;
  }

  private constructor(workers: number, handlers: RelayHandlers) {
    this.handlers = handlers;
    this.counterMemory = createCounterMemory(workers);
    this.heartbeats = createHeartbeats(workers);
    this.watch = watchHeartbeats(this.heartbeats, STUCK_AFTER_MS, (index) =>
      handlers.onFatal(workerStuck(index)),
    );
  }

  counters(): CounterTotals {
    return readCounters(this.counterMemory);
  }

  send(message: ToWorker): void {
    if (this.isStopping) return;
    for (const thread of this.threads) tell(thread, message);
  }

  /** Resets what is left and ends the workers; false when one did not end in time. */
  async stop(): Promise<boolean> {
    clearInterval(this.watch);
    this.send({ kind: 'stop' });
    // From here on a worker may have closed its eventfd, whose number may be another file's.
    this.isStopping = true;
    return await within(Promise.all(this.threads.map((thread) => thread.ended)), STOP_TIMEOUT_MS);
  }

  private startWorker(spec: Omit<WorkerSpec, 'counterMemory' | 'heartbeats' | 'wakeFd'>): Promise<void> {
    const wakeFd = openWake();
    const workerData: WorkerSpec = {
      ...spec,
      counterMemory: this.counterMemory,
      heartbeats: this.heartbeats,
      wakeFd,
    };
    const worker = new Worker(builtProgram('relay-worker'), {
      workerData,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
      name: `relay-${spec.index}`,
    });
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    this.threads.push({ worker, wakeFd, ended });
    return new Promise((resolve, reject) => {
      let isListening = false;
      const onEnd = (error: unknown) => {
        if (!isListening) reject(error instanceof Error ? error : workerEnded(error));
        else if (!this.isStopping) this.handlers.onFatal(workerEnded(error));
      };
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'log') this.handlers.onLog(message);
        else if (message.kind === 'families') this.handlers.onFamilies(message.server, message.families);
        else if (message.kind === 'doubt') this.handlers.onDoubt();
        else if (message.kind === 'hand-over') this.handOver(message);
        else if (message.kind === 'resolve') void this.resolve(message);
        else if (message.kind === 'plain') this.handlers.onPlain(message.wan);
        else if (message.kind === 'fast-open-lost') this.handlers.onFastOpenLost(message.wan);
        else {
          isListening = true;
          resolve();
        }
      });
      worker.on('error', onEnd);
      worker.on('exit', onEnd);
    });
  }

  private handOver({ worker, arrival }: Extract<FromWorker, { kind: 'hand-over' }>): void {
    const thread = this.threads[worker];
    if (thread && !this.isStopping) tell(thread, { kind: 'arrival', arrival });
  }

  /** Here, because a worker's own event loop turns once a second only. */
  private async resolve({ worker, id, name }: Extract<FromWorker, { kind: 'resolve' }>): Promise<void> {
    const addresses = await this.names.ask(name);
    const thread = this.threads[worker];
    if (thread && !this.isStopping) tell(thread, { kind: 'resolved', id, addresses });
  }
}

function tell({ worker, wakeFd }: Thread, message: ToWorker): void {
  worker.postMessage(message);
  wake(wakeFd);
}

function workerEnded(cause: unknown): WanbondError {
  const why = cause instanceof Error ? cause.message : `exit code ${String(cause)}`;
  return new WanbondError({
    code: 'relay-worker-ended',
    message: `a relay worker ended unexpectedly: ${why}`,
    hint: 'This is a bug: please report it with the log.',
    cause,
  });
}

function workerStuck(index: number): WanbondError {
  return new WanbondError({
    code: 'relay-worker-stuck',
    message: `relay worker ${index} gave no sign of life for ${STUCK_AFTER_MS / 1000} s`,
    hint: 'This is a bug, or the machine is badly overloaded: please report it with the log.',
  });
}
