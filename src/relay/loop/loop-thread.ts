// The main thread's handle to a thread that sits in a loop: starts it, tells it what to do, and knows how it ends.
//
// The thread is woken by an eventfd, as messages alone do not end its wait; its end of both is main-port.
import { Worker } from 'node:worker_threads';
import { createHeartbeat, watchHeartbeat } from '../../base/heartbeat.ts';
import { builtProgram, type ProgramName } from '../../base/package-files.ts';
import { within } from '../../base/within.ts';
import { openWake, wake } from '../../linux/wake.ts';

const STOP_TIMEOUT_MS = 3000;

/** What every such thread finds in its `workerData`. */
export interface LoopSpec {
  /** An eventfd, the thread's own: readable means that messages wait on the port. */
  readonly wakeFd: number;
  /** See heartOf. */
  readonly heartbeat: SharedArrayBuffer;
}

interface Message {
  readonly kind: string;
}

type Ready = { readonly kind: 'ready' };
type Stop = { readonly kind: 'stop' };

export interface LoopThreadParts<Spec extends LoopSpec, FromThread> {
  readonly program: ProgramName;
  /** For tools that list threads. */
  readonly name: string;
  readonly youngGenerationMb: number;
  readonly stuckAfterMs: number;
  readonly spec: Omit<Spec, keyof LoopSpec>;
  onMessage(message: Exclude<FromThread, Ready>): void;
  /** It has ended without being told to, once it was ready. @param cause an error, or the exit code */
  onEnd(cause: unknown): void;
  /** It gives no sign of life; told again and again. */
  onStuck(): void;
}

export class LoopThread<Spec extends LoopSpec, ToThread, FromThread extends Message> {
  /** Rejects with what ended it before it was ready: an error, or the exit code. */
  readonly ready: Promise<void>;
  private readonly worker: Worker;
  private readonly wakeFd = openWake();
  private readonly pulse: NodeJS.Timeout;
  private readonly ended: Promise<void>;
  /** It is told nothing any more: it closes the eventfd at its end, whose number may be another file's by then. */
  private isOver = false;

  constructor(parts: LoopThreadParts<Spec, FromThread>) {
    const heartbeat = createHeartbeat();
    const added: LoopSpec = { wakeFd: this.wakeFd, heartbeat };
    const worker = new Worker(builtProgram(parts.program), {
      workerData: { ...parts.spec, ...added },
      resourceLimits: { maxYoungGenerationSizeMb: parts.youngGenerationMb },
      name: parts.name,
    });
    this.worker = worker;
    this.pulse = watchHeartbeat(heartbeat, parts.stuckAfterMs, () => parts.onStuck());
    this.ended = new Promise((resolve) => worker.once('exit', () => resolve()));
    this.ready = new Promise((resolve, reject) => {
      let isReady = false;
      worker.on('message', (message: Ready | Exclude<FromThread, Ready>) => {
        if (!saysReady(message)) return parts.onMessage(message);
        isReady = true;
        resolve();
      });
      const onEnd = (cause: unknown): void => {
        clearInterval(this.pulse);
        const isUnexpected = !this.isOver;
        this.isOver = true;
        if (!isReady) reject(cause);
        else if (isUnexpected) parts.onEnd(cause);
      };
      worker.on('error', onEnd);
      worker.on('exit', onEnd);
    });
  }

  send(message: ToThread | Stop): void {
    if (this.isOver) return;
    this.worker.postMessage(message);
    wake(this.wakeFd);
  }

  /** From here on it does not keep the process alive. */
  unref(): void {
    this.worker.unref();
  }

  /** Nothing can be sent any more. False when it did not end in time. */
  async stop(): Promise<boolean> {
    clearInterval(this.pulse);
    this.worker.ref();
    this.send({ kind: 'stop' });
    this.isOver = true;
    return await within(this.ended, STOP_TIMEOUT_MS);
  }
}

const saysReady = (message: Message): message is Ready => message.kind === 'ready';
