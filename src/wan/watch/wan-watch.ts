// The main thread's handle to the thread that watches the WANs: the kernel's events of links, and probes.
import { describe, WanbondError } from '../../base/error.ts';
import type { EventBatch } from '../../linux/netlink/event-drain.ts';
import { LoopThread } from '../../relay/loop/loop-thread.ts';
import type { ProbePath } from '../probe/probe-path.ts';
import type { FromProber, FromWatch, ToWatch, WatchSpec } from './watch-spec.ts';

// Nothing that is carried depends on it, and to look at a carrier takes a lock of the kernel that the driver of a modem
// may hold for seconds.
const STUCK_AFTER_MS = 30_000;
const YOUNG_GENERATION_MB = 1;

export interface WanWatchHandlers {
  onLinks(batch: EventBatch): void;
  onProber(message: FromProber): void;
  /** The thread threw, ended or is stuck; nothing more will come. */
  onFatal(error: WanbondError): void;
}

export class WanWatch {
  private readonly thread: LoopThread<WatchSpec, ToWatch, FromWatch>;
  private readonly handlers: WanWatchHandlers;
  /** Nothing is told any more. */
  private isOver = false;
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
    this.thread = new LoopThread({
      program: 'watch-worker',
      name: 'wan-watch',
      youngGenerationMb: YOUNG_GENERATION_MB,
      stuckAfterMs: STUCK_AFTER_MS,
      spec: { receiveBufferBytes },
      onMessage: (message) => this.pass(message),
      onEnd: (cause) => this.fail(ended(cause)),
      onStuck: () => this.fail(stuck()),
    });
  }

  /** Of these interfaces a lost carrier is told at once; the kernel may take a second. */
  setCarrierOf(names: readonly string[]): void {
    this.thread.send({ kind: 'carrier-of', names });
  }

  setPaths(paths: readonly ProbePath[]): void {
    this.thread.send({ kind: 'paths', paths });
  }

  /** Probes every path at once that is not known to be down. */
  doubt(): void {
    this.thread.send({ kind: 'doubt' });
  }

  /** A flow that began over this WAN is not MPTCP: looks whether its path still keeps it. */
  plain(wan: string): void {
    this.thread.send({ kind: 'plain', wan });
  }

  /** Nothing is told afterwards. False when the thread did not end in time. */
  stop(): Promise<boolean> {
    this.ending ??= this.end();
    return this.ending;
  }

  private async end(): Promise<boolean> {
    // It has ended, or it is stuck and no order reaches it.
    if (this.isOver) return true;
    this.isOver = true;
    return await this.thread.stop();
  }

  private async ready(): Promise<void> {
    try {
      await this.thread.ready;
    } catch (cause) {
      throw notStarted(cause);
    }
    this.thread.unref();
  }

  private pass(message: Exclude<FromWatch, { kind: 'ready' }>): void {
    if (this.isOver) return;
    if (message.kind === 'events' || message.kind === 'overrun') this.handlers.onLinks(message);
    else this.handlers.onProber(message);
  }

  private fail(error: WanbondError): void {
    if (this.isOver) return;
    this.isOver = true;
    this.handlers.onFatal(error);
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
