// The main thread's handle to the data plane: starts the workers and does what they ask for.
import { WanbondError } from '../base/error.ts';
import type { Families } from '../transport/handshake.ts';
import { type CounterTotals, createCounterMemory, readCounters } from './counters.ts';
import { type LoopSpec, LoopThread } from './loop/loop-thread.ts';
import { NameLookups } from './server/name-lookup.ts';
import type { FromWorker, ListenSpec, RelaySettings, Role, ToWorker, WorkerSpec } from './worker-spec.ts';

// The longest that the LAN may wait for it.
const STUCK_AFTER_MS = 3500;
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

export class Relay {
  private readonly threads: LoopThread<WorkerSpec, ToWorker, FromWorker>[] = [];
  private readonly counterMemory: SharedArrayBuffer;
  private readonly handlers: RelayHandlers;
  private readonly names = new NameLookups();

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
  }

  counters(): CounterTotals {
    return readCounters(this.counterMemory);
  }

  send(message: ToWorker): void {
    for (const thread of this.threads) thread.send(message);
  }

  /** Resets what is left and ends the workers; false when one did not end in time. */
  async stop(): Promise<boolean> {
    const areEnded = await Promise.all(this.threads.map((thread) => thread.stop()));
    return areEnded.every(Boolean);
  }

  private async startWorker(spec: Omit<WorkerSpec, 'counterMemory' | keyof LoopSpec>): Promise<void> {
    const thread = new LoopThread<WorkerSpec, ToWorker, FromWorker>({
      program: 'relay-worker',
      name: `relay-${spec.index}`,
      youngGenerationMb: YOUNG_GENERATION_MB,
      stuckAfterMs: STUCK_AFTER_MS,
      spec: { ...spec, counterMemory: this.counterMemory },
      onMessage: (message) => this.onMessage(message),
      onEnd: (cause) => this.handlers.onFatal(workerEnded(cause)),
      onStuck: () => this.handlers.onFatal(workerStuck(spec.index)),
    });
    this.threads.push(thread);
    try {
      await thread.ready;
    } catch (error) {
      throw error instanceof Error ? error : workerEnded(error);
    }
  }

  private onMessage(message: Exclude<FromWorker, { kind: 'ready' }>): void {
    if (message.kind === 'log') this.handlers.onLog(message);
    else if (message.kind === 'families') this.handlers.onFamilies(message.server, message.families);
    else if (message.kind === 'doubt') this.handlers.onDoubt();
    else if (message.kind === 'hand-over')
      this.threads[message.worker]?.send({ kind: 'arrival', arrival: message.arrival });
    else if (message.kind === 'resolve') void this.resolve(message);
    else if (message.kind === 'plain') this.handlers.onPlain(message.wan);
    else this.handlers.onFastOpenLost(message.wan);
  }

  /** Here, because a worker's own event loop turns once a second only. */
  private async resolve({ worker, id, name }: Extract<FromWorker, { kind: 'resolve' }>): Promise<void> {
    const addresses = await this.names.ask(name);
    this.threads[worker]?.send({ kind: 'resolved', id, addresses });
  }
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
