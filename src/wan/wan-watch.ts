// The main thread's handle to the thread that watches the WANs: the kernel's events of links, and probes.
import { Worker } from 'node:worker_threads';
import { createHeartbeats, watchHeartbeats } from '../base/heartbeats.ts';
import { builtProgram } from '../base/package-files.ts';
import { describe, WanbondError } from '../base/error.ts';
import { within } from '../base/within.ts';
import type { EventBatch } from '../linux/netlink/event-drain.ts';
import { openWake, wake } from '../linux/wake.ts';
import type { ProbePath } from './probe-path.ts';
import type { FromProber, FromWatch, ToWatch, WatchSpec } from './watch-spec.ts';

// Nothing that is carried depends on it, and to look at a carrier takes a lock of the kernel that the driver of a modem
// may hold for seconds.
const STUCK_AFTER_MS = 30_000;
const STOP_TIMEOUT_MS = 3000;
const YOUNG_GENERATION_MB = 1;

export interface WanWatchHandlers {
  onLinks(batch: EventBatch): void;
  onProber(message: FromProber): void;
  /** The thread threw, ended or is stuck; nothing more will come. */
  onFatal(error: WanbondError): void;
}

export class WanWatch {
  private readonly worker: Worker;
  private readonly wakeFd = openWake();
  private readonly heartbeats = createHeartbeats(1);
  private readonly pulse: NodeJS.Timeout;
  private readonly handlers: WanWatchHandlers;
  private isStopping = false;
  private ending: Promise<boolean> | undefined;

  /**
   * Resolves when no event of a link can be missed any more. Does not keep the process alive.
   *
   * @throws WanbondError when the kernel's events cannot be heard
   */
  static async start(
    handlers: WanWatchHandlers,
    options: { readonly receiveBufferBytes?: number } = {},
  ): Promise<WanWatch> {
    const watch = new WanWatch(handlers, options.receiveBufferBytes);
    await watch.ready();
    return watch;
  }

  private constructor(handlers: WanWatchHandlers, receiveBufferBytes: number | undefined) {
    this.handlers = handlers;
    const workerData: WatchSpec = { wakeFd: this.wakeFd, heartbeats: this.heartbeats, receiveBufferBytes };
    this.worker = new Worker(builtProgram('watch-worker'), {
      workerData,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
      name: 'wan-watch',
    });
    this.pulse = watchHeartbeats(this.heartbeats, STUCK_AFTER_MS, () => this.fail(stuck()));
    this.pulse.unref();
  }

  /** Of these interfaces a lost carrier is told at once; the kernel may take a second. */
  setCarrierOf(names: readonly string[]): void {
    this.send({ kind: 'carrier-of', names });
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

  /** Nothing is told afterwards. False when the thread did not end in time. */
  stop(): Promise<boolean> {
    this.ending ??= this.end();
    return this.ending;
  }

  private async end(): Promise<boolean> {
    clearInterval(this.pulse);
    // It has ended, or it is stuck and no order reaches it.
    if (this.isStopping) return true;
    this.worker.ref();
    const exited = new Promise<void>((resolve) => this.worker.once('exit', () => resolve()));
    this.send({ kind: 'stop' });
    this.isStopping = true;
    return await within(exited, STOP_TIMEOUT_MS);
  }

  private async ready(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      let isReady = false;
      this.worker.on('message', (message: FromWatch) => {
        if (message.kind === 'ready') {
          isReady = true;
          resolve();
        } else if (!this.isStopping) this.pass(message);
      });
      const onEnd = (cause: unknown): void => {
        clearInterval(this.pulse);
        if (isReady) this.fail(ended(cause));
        else reject(notStarted(cause));
      };
      this.worker.on('error', onEnd);
      this.worker.on('exit', onEnd);
    });
    this.worker.unref();
  }

  private pass(message: Exclude<FromWatch, { kind: 'ready' }>): void {
    if (message.kind === 'events' || message.kind === 'overrun') this.handlers.onLinks(message);
    else this.handlers.onProber(message);
  }

  private fail(error: WanbondError): void {
    if (this.isStopping) return;
    this.isStopping = true;
    this.handlers.onFatal(error);
  }

  private send(message: ToWatch): void {
    // The thread closes the eventfd at its end: its number may be another file's by then.
    if (this.isStopping) return;
    this.worker.postMessage(message);
    wake(this.wakeFd);
  }
}

const notStarted = (cause: unknown): WanbondError =>
  new WanbondError({
    code: 'wan-watch-failed',
    message: `the WANs cannot be watched: ${describe(cause)}`,
    hint: 'Look whether this user may open netlink sockets (CAP_NET_ADMIN) and whether memory or files have run out.',
    cause,
  });

function ended(cause: unknown): WanbondError {
  const why = typeof cause === 'number' ? `its thread ended (${cause})` : describe(cause);
  return new WanbondError({
    code: 'wan-watch-ended',
    message: `the WANs are not watched any more: ${why}`,
    hint: 'Restart the daemon; if it happens again, report this line as a bug.',
    cause,
  });
}

const stuck = (): WanbondError =>
  new WanbondError({
    code: 'wan-watch-stuck',
    message: `the thread that watches the WANs gave no sign of life for ${STUCK_AFTER_MS / 1000} s`,
    hint: 'This is a bug, or the machine is badly overloaded: please report it with the log.',
  });
