// Pipes for bulk flows, kept for reuse because making and sizing one costs more than a short transfer.
import { closePipe, openPipe, type Pipe } from '../../linux/pipe.ts';

// Idle pipes hold no pages, only two fds.
const KEPT_IDLE = 32;
// After a refusal (limits of fds or of pipe pages) the kernel is not asked again for a while.
const RETRY_AFTER_MS = 1000;
// A smaller pipe is slower than the shared buffer it would replace.
const MINIMUM_BYTES = 64 * 1024;

export class PipePool {
  /** Pipes lent out and idle together. */
  opened = 0;
  /** How often the kernel refused a pipe. */
  refusals = 0;
  private readonly idle: Pipe[] = [];
  private readonly pipeBytes: number;
  private refusedUntilMs = 0;

  constructor(pipeBytes: number) {
    this.pipeBytes = pipeBytes;
  }

  /** An empty pipe, or undefined: then the flow stays on the buffer. */
  take(nowMs: number): Pipe | undefined {
    const pipe = this.idle.pop();
    if (pipe) return pipe;
    if (nowMs < this.refusedUntilMs) return undefined;
    const opened = openPipe(this.pipeBytes, MINIMUM_BYTES);
    if (opened) {
      this.opened++;
    } else {
      this.refusals++;
      this.refusedUntilMs = nowMs + RETRY_AFTER_MS;
    }
    return opened;
  }

  /** Gives a pipe back; one that still holds bytes cannot serve another flow. */
  give(pipe: Pipe, isEmpty: boolean): void {
    if (isEmpty && this.idle.length < KEPT_IDLE) {
      this.idle.push(pipe);
      return;
    }
    this.opened--;
    closePipe(pipe);
  }

  /** Closes the idle pipes, so that their fds are free for flows. */
  shrink(): void {
    for (const pipe of this.idle.splice(0)) {
      this.opened--;
      closePipe(pipe);
    }
  }
}
