// Readiness and watchdog messages to the init system (sd_notify(3)), where NOTIFY_SOCKET is set.
import { AF_UNIX, SOCK_CLOEXEC, SOCK_DGRAM } from './constants.ts';
import { close, rawConnect, rawSend, rawSocket } from './libc.ts';

/** Sends one state, like `READY=1`. A missing or deaf init system is no error: the daemon runs all the same. */
export function notifyInit(state: string, socketPath = process.env['NOTIFY_SOCKET']): void {
  if (!socketPath) return;
  const fd = rawSocket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  const address = encodeUnixAddress(socketPath);
  const bytes = Buffer.from(state);
  if (rawConnect(fd, address, address.length) === 0) rawSend(fd, bytes, bytes.length, 0);
  close(fd);
}

/** A path starting with `@` names an abstract socket. */
function encodeUnixAddress(path: string): Buffer {
  const isAbstract = path.startsWith('@');
  const name = Buffer.from(isAbstract ? `\0${path.slice(1)}` : `${path}\0`);
  const out = Buffer.alloc(2 + name.length);
  out.writeUInt16LE(AF_UNIX, 0);
  name.copy(out, 2);
  return out;
}

/** How often to send `WATCHDOG=1`: half of what the init system allows; undefined without a watchdog. */
export function watchdogIntervalMs(env: NodeJS.ProcessEnv = process.env): number | undefined {
  const allowedUs = Number(env['WATCHDOG_USEC']);
  const isForUs = env['WATCHDOG_PID'] === undefined || Number(env['WATCHDOG_PID']) === process.pid;
  return allowedUs > 0 && isForUs ? allowedUs / 2000 : undefined;
}
