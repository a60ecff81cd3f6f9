// errno numbers by name, and the error that a failed call becomes.
import { constants } from 'node:os';
import { WanbondError } from '../base/error.ts';

export const { EAGAIN, EINTR, EINPROGRESS, EMFILE, ENFILE, ENOENT, EPERM, ENOMEM, ENOBUFS } = constants.errno;
export const {
  ECONNREFUSED,
  ECONNRESET,
  ECONNABORTED,
  EPIPE,
  ETIMEDOUT,
  EHOSTUNREACH,
  ENETUNREACH,
  EADDRINUSE,
  ENOPROTOOPT,
  EOPNOTSUPP,
  EINVAL,
  EACCES,
  EEXIST,
  ESRCH,
  EPROTONOSUPPORT,
  ENODEV,
  ENOSPC,
} = constants.errno;
// Node has no name for them; the numbers of Linux on all its architectures but MIPS, SPARC, PA-RISC and Alpha.
export const ENONET = 64;
export const EHOSTDOWN = 112;

const NAMES = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

export function errnoName(errno: number): string {
  return NAMES.get(errno) ?? `errno ${errno}`;
}

const HINTS: Readonly<Record<string, string>> = {
  EPERM: 'Run as root, or give the program CAP_NET_ADMIN and CAP_NET_RAW.',
  EACCES: 'Run as root, or give the program CAP_NET_ADMIN and CAP_NET_RAW.',
  EADDRINUSE: 'Stop the program that uses this port, or choose another port in the config.',
  EADDRNOTAVAIL: 'Check that the address is configured on this host.',
  EMFILE: 'Raise the limit of open files (ulimit -n, LimitNOFILE).',
  ENFILE: 'Raise fs.file-max.',
  ENODEV: 'Check the interface name.',
  EPROTONOSUPPORT: 'This kernel has no MPTCP: run `wanbond check`.',
  ENOPROTOOPT: 'This kernel lacks the option: run `wanbond check`.',
};

/** The error of a failed system call: code `syscall-failed`, with call, arguments and errno by name. */
export class SyscallError extends WanbondError {
  readonly errno: number;

  constructor(call: string, errno: number) {
    const name = errnoName(errno);
    super({
      code: 'syscall-failed',
      message: `${call} failed: ${name}`,
      hint: HINTS[name] ?? 'Run `wanbond check`; if it finds nothing, report this line as a bug.',
    });
    this.errno = errno;
  }
}
