// The C library through koffi: one thin function per system call, results as the kernel gives them.
//
// Hot calls return the raw result (negative means failure, errno() says which) so that the relay can treat
// EAGAIN without an exception; calls that only fail when something is wrong throw a SyscallError.
import koffi from 'koffi';
import { EINTR, SyscallError } from './errno.ts';

const libc = koffi.load(null);

/** The errno of the last call of this thread. */
export const errno: () => number = () => koffi.errno();

// --- raw calls: return -1 and set errno ---------------------------------------------------------------------------
type Raw<A extends unknown[], R = number> = (...args: A) => R;
type Bytes = Uint8Array;

function raw<A extends unknown[], R = number>(prototype: string): Raw<A, R> {
  return libc.func(prototype);
}

export const rawSocket = raw<[domain: number, type: number, protocol: number]>('int socket(int, int, int)');
export const rawBind = raw<[fd: number, address: Bytes, length: number]>('int bind(int, void *, uint)');
export const rawListen = raw<[fd: number, backlog: number]>('int listen(int, int)');
export const rawConnect = raw<[fd: number, address: Bytes, length: number]>('int connect(int, void *, uint)');
export const rawAccept4 = raw<[fd: number, address: Bytes | null, length: Bytes | null, flags: number]>(
  'int accept4(int, void *, void *, int)',
);
const rawClose = raw<[fd: number]>('int close(int)');
export const rawShutdown = raw<[fd: number, how: number]>('int shutdown(int, int)');
export const rawSetsockopt = raw<[fd: number, level: number, option: number, value: Bytes, length: number]>(
  'int setsockopt(int, int, int, void *, uint)',
);
export const rawGetsockopt = raw<[fd: number, level: number, option: number, value: Bytes, length: Bytes]>(
  'int getsockopt(int, int, int, void *, void *)',
);
export const rawGetsockname = raw<[fd: number, address: Bytes, length: Bytes]>(
  'int getsockname(int, void *, void *)',
);
export const rawGetpeername = raw<[fd: number, address: Bytes, length: Bytes]>(
  'int getpeername(int, void *, void *)',
);
// koffi has no ssize_t; long is as wide on every Linux ABI.
export const rawRecv = raw<[fd: number, buffer: Bytes, length: number, flags: number]>(
  'long recv(int, void *, size_t, int)',
);
export const rawSend = raw<[fd: number, buffer: Bytes, length: number, flags: number]>(
  'long send(int, void *, size_t, int)',
);
export const rawRead = raw<[fd: number, buffer: Bytes, length: number]>('long read(int, void *, size_t)');
export const rawWrite = raw<[fd: number, buffer: Bytes, length: number]>('long write(int, void *, size_t)');
export const rawSplice = raw<
  [from: number, fromOffset: null, to: number, toOffset: null, length: number, flags: number]
>('long splice(int, void *, int, void *, size_t, uint)');
export const rawPipe2 = raw<[fds: Int32Array, flags: number]>('int pipe2(void *, int)');
export const rawIoctl = raw<[fd: number, request: number, argument: Bytes]>('int ioctl(int, ulong, void *)');
export const rawFcntl = raw<[fd: number, command: number, argument: number]>('int fcntl(int, int, int)');
export const rawEpollCreate1 = raw<[flags: number]>('int epoll_create1(int)');
export const rawEpollCtl = raw<[epoll: number, operation: number, fd: number, event: Bytes | null]>(
  'int epoll_ctl(int, int, int, void *)',
);
export const rawEpollWait = raw<[epoll: number, events: Bytes, max: number, timeoutMs: number]>(
  'int epoll_wait(int, void *, int, int)',
);
export const rawEventfd = raw<[initial: number, flags: number]>('int eventfd(uint, int)');
export const rawGetrusage = raw<[who: number, usage: Bytes]>('int getrusage(int, void *)');
const rawExit = raw<[code: number], never>('void _exit(int)');

/** End the process now: no exit handlers, no waiting for worker threads that sit in a system call. */
export function exitNow(code: number): never {
  return rawExit(code);
}

// --- checked calls -------------------------------------------------------------------------------------------------

/** `result`, or a SyscallError that names `call` when it is negative. */
export function check(result: number, call: () => string): number {
  if (result >= 0) return result;
  throw new SyscallError(call(), errno());
}

export function socket(domain: number, type: number, protocol: number): number {
  return check(rawSocket(domain, type, protocol), () => `socket(${domain}, ${type}, ${protocol})`);
}

/** Closes `fd`. EINTR still closes on Linux, so it is no failure. */
export function close(fd: number): void {
  if (rawClose(fd) < 0 && errno() !== EINTR) throw new SyscallError(`close(${fd})`, errno());
}

export function setsockoptInt(fd: number, level: number, option: number, value: number): void {
  check(setsockoptIntRaw(fd, level, option, value), () => `setsockopt(${fd}, ${level}, ${option}, ${value})`);
}

const intBuffer = Buffer.alloc(4);
export function setsockoptIntRaw(fd: number, level: number, option: number, value: number): number {
  intBuffer.writeInt32LE(value);
  return rawSetsockopt(fd, level, option, intBuffer, 4);
}

const texts = new Map<string, Buffer>();
/** As a C string; kept, as names of interfaces and the like are few and come again and again. */
function textOf(value: string): Buffer {
  let bytes = texts.get(value);
  if (!bytes) {
    bytes = Buffer.from(`${value}\0`);
    texts.set(value, bytes);
  }
  return bytes;
}

/** Negative on failure. */
export function setsockoptStringRaw(fd: number, level: number, option: number, value: string): number {
  const bytes = textOf(value);
  return rawSetsockopt(fd, level, option, bytes, bytes.length);
}

export function setsockoptString(fd: number, level: number, option: number, value: string): void {
  const result = setsockoptStringRaw(fd, level, option, value);
  check(result, () => `setsockopt(${fd}, ${level}, ${option}, "${value}")`);
}

const lengthBuffer = Buffer.alloc(4);
/** The int value of a socket option, or undefined when the kernel refuses (errno() says why). */
export function getsockoptInt(fd: number, level: number, option: number): number | undefined {
  lengthBuffer.writeUInt32LE(4);
  if (rawGetsockopt(fd, level, option, intBuffer, lengthBuffer) < 0) return undefined;
  return intBuffer.readInt32LE();
}

export function eventfd(flags: number): number {
  return check(rawEventfd(0, flags), () => `eventfd(0, ${flags})`);
}
