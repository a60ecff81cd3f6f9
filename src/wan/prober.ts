// The main thread's handle to the prober.
import { Worker } from 'node:worker_threads';
import { builtProgram } from '../base/package-files.ts';
import { describe, WanbondError } from '../base/error.ts';
import { within } from '../base/within.ts';
import { EFD_CLOEXEC, EFD_NONBLOCK } from '../linux/constants.ts';
import { eventfd, rawWrite } from '../linux/libc.ts';
import type { FromProber, ProbePath, ProberSpec, ToProber } from './prober-spec.ts';

const WAKE = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
const STOP_TIMEOUT_MS = 2500;

export class Prober {
  private readonly worker: Worker;
  private readonly wakeFd: number;
  private isStopping = false;

  constructor(handlers: { onMessage(message: FromProber): void; onFatal(error: WanbondError): void }) {
    this.wakeFd = eventfd(EFD_NONBLOCK | EFD_CLOEXEC);
    const workerData: ProberSpec = { wakeFd: this.wakeFd };
    this.worker = new Worker(builtProgram('prober-worker'), {
      workerData,
      resourceLimits: { maxYoungGenerationSizeMb: 1 },
      name: 'prober',
    });
    this.worker.on('message', (message: FromProber) => handlers.onMessage(message));
    const onEnd = (error: unknown): void => {
      if (!this.isStopping) handlers.onFatal(ended(error));
      this.isStopping = true;
    };
    this.worker.on('error', onEnd);
    this.worker.on('exit', onEnd);
  }

  setPaths(paths: readonly ProbePath[]): void {
    this.send({ kind: 'paths', paths });
  }

  /** Probes every path at once that is not known to be down. */
  doubt(): void {
    this.send({ kind: 'doubt' });
  }

  /** A flow that began over this WAN is not MPTCP: looks whether its path still keeps it. */
  plain(wan: string): void {
    this.send({ kind: 'plain', wan });
  }

  /** False when the thread did not end in time. */
  async stop(): Promise<boolean> {
    this.isStopping = true;
    const exited = new Promise<void>((resolve) => this.worker.once('exit', () => resolve()));
    this.send({ kind: 'stop' });
    return await within(exited, STOP_TIMEOUT_MS);
  }

  private send(message: ToProber): void {
    this.worker.postMessage(message);
    rawWrite(this.wakeFd, WAKE, WAKE.length);
  }
}

function ended(cause: unknown): WanbondError {
  const why = typeof cause === 'number' ? `exit code ${cause}` : describe(cause);
  return new WanbondError({
    code: 'prober-ended',
    message: `the prober ended unexpectedly: ${why}`,
    hint: 'This is a bug: please report it with the log.',
    cause,
  });
}
