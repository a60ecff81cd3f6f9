// A netlink socket: opened, joined to multicast groups, read.
//
// Non-blocking throughout: the kernel answers a request before send(2) returns, and events are waited for with epoll_wait(2).
import { SOCK_CLOEXEC, SOCK_NONBLOCK, SOL_SOCKET } from '../constants.ts';
import { EAGAIN, EINTR, ENOBUFS, SyscallError } from '../errno.ts';
import {
  check,
  close,
  errno,
  rawBind,
  rawConnect,
  rawRecv,
  rawSocket,
  setsockoptInt,
  setsockoptIntRaw,
} from '../libc.ts';
import * as abi from './abi.ts';

// The kernel fills at most 32 kB in one go, however much room there is.
const RECEIVE_BYTES = 65_536;
// struct sockaddr_nl: u16 family, u16 pad, u32 port, u32 groups. Port 0 is the kernel, or to bind, "choose one".
const KERNEL_ADDRESS = Buffer.from([abi.AF_NETLINK, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

/** Opened, numbered and joined to no group: what is sent before it has a number would not come back. */
export function openNetlink(protocol: number): number {
  const type = abi.SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK;
  const fd = check(
    rawSocket(abi.AF_NETLINK, type, protocol),
    () => `socket(AF_NETLINK, SOCK_RAW, ${protocol})`,
  );
  try {
    check(rawBind(fd, KERNEL_ADDRESS, KERNEL_ADDRESS.length), () => `bind(${fd}, AF_NETLINK)`);
    // Connected, it hears only the kernel: another root program could send to our number.
    check(rawConnect(fd, KERNEL_ADDRESS, KERNEL_ADDRESS.length), () => `connect(${fd}, AF_NETLINK)`);
    // Each makes answers better and none is needed: filtered dumps, errors in words, errors without our request.
    for (const option of [abi.NETLINK_GET_STRICT_CHK, abi.NETLINK_EXT_ACK, abi.NETLINK_CAP_ACK]) {
      setsockoptIntRaw(fd, abi.SOL_NETLINK, option, 1);
    }
    return fd;
  } catch (error) {
    close(fd);
    throw error;
  }
}

/** @throws SyscallError EPERM for a group that needs CAP_NET_ADMIN */
export function joinGroup(fd: number, group: number): void {
  setsockoptInt(fd, abi.SOL_NETLINK, abi.NETLINK_ADD_MEMBERSHIP, group);
}

/** Beyond net.core.rmem_max where we may. */
export function setReceiveBuffer(fd: number, bytes: number): void {
  if (setsockoptIntRaw(fd, SOL_SOCKET, abi.SO_RCVBUFFORCE, bytes) === 0) return;
  setsockoptInt(fd, SOL_SOCKET, abi.SO_RCVBUF, bytes);
}

/** `overrun`: the kernel had no room and dropped messages, so what we know is out of date. */
export type Received = Buffer | 'empty' | 'overrun';

/** Reads datagrams into one buffer; each is valid until the next. */
export class Receiver {
  readonly #buffer = Buffer.allocUnsafeSlow(RECEIVE_BYTES);

  receive(fd: number): Received {
    for (;;) {
      // With MSG_TRUNC the result is the length of the datagram even when the buffer was too small for it.
      const length = rawRecv(fd, this.#buffer, RECEIVE_BYTES, abi.MSG_TRUNC);
      if (length > RECEIVE_BYTES) return 'overrun';
      if (length >= 0) return this.#buffer.subarray(0, length);
      const failure = errno();
      if (failure === EAGAIN) return 'empty';
      if (failure === ENOBUFS) return 'overrun';
      if (failure !== EINTR) throw new SyscallError(`recv(${fd}, netlink)`, failure);
    }
  }
}
