// Pipes for splice(2), with the size the kernel was willing to give.
import { F_GETPIPE_SZ, F_SETPIPE_SZ, O_CLOEXEC, O_NONBLOCK } from './constants.ts';
import { close, rawFcntl, rawPipe2 } from './libc.ts';

export interface Pipe {
  readonly readFd: number;
  readonly writeFd: number;
  /** Capacity in bytes. */
  readonly bytes: number;
}

const fds = new Int32Array(2);

/**
 * A pipe of up to `bytes`, or undefined when the kernel gives none (EMFILE, ENFILE, or an unprivileged user past
 * fs.pipe-user-pages-soft, who gets a pipe of two pages that is not worth having; fs/pipe.c alloc_pipe_info).
 */
export function openPipe(bytes: number, minimumBytes: number): Pipe | undefined {
  if (rawPipe2(fds, O_NONBLOCK | O_CLOEXEC) < 0) return undefined;
  const readFd = fds[0] as number;
  const writeFd = fds[1] as number;
  const granted = rawFcntl(writeFd, F_SETPIPE_SZ, bytes);
  const size = granted > 0 ? granted : rawFcntl(writeFd, F_GETPIPE_SZ, 0);
  const pipe = { readFd, writeFd, bytes: size };
  if (size >= minimumBytes) return pipe;
  closePipe(pipe);
  return undefined;
}

export function closePipe(pipe: Pipe): void {
  close(pipe.readFd);
  close(pipe.writeFd);
}
