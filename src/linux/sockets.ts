// The few kinds of stream socket that wanbond opens, each from creation to the state the relay wants.
import { type Address, type Family, familyOf, type SocketAddress } from '../base/address.ts';
import * as c from './constants.ts';
import { EINPROGRESS, ENOPROTOOPT, EOPNOTSUPP, SyscallError } from './errno.ts';
import { acceptFastOpen, askFastOpen } from './fast-open.ts';
import {
  check,
  close,
  errno,
  getsockoptInt,
  rawAccept4,
  rawBind,
  rawConnect,
  rawGetpeername,
  rawGetsockname,
  rawGetsockopt,
  rawIoctl,
  rawListen,
  rawSetsockopt,
  rawSocket,
  setsockoptInt,
  setsockoptIntRaw,
  setsockoptString,
  setsockoptStringRaw,
} from './libc.ts';
import { decodeSockaddr, encodeSockaddr, SOCKADDR_IN6_BYTES } from './sockaddr.ts';

export interface ListenOptions {
  readonly at: SocketAddress;
  readonly mptcp: boolean;
  /** Accept connections to addresses that are not ours (TPROXY). */
  readonly transparent: boolean;
  /** Accept what comes in by this interface only. */
  readonly device?: string | undefined;
  /** Congestion control of accepted sockets; undefined keeps the kernel's. */
  readonly congestion: string | undefined;
  readonly backlog: number;
  /** Take the first bytes of a connection with its SYN. */
  readonly fastOpen?: boolean;
}

// Dead peers of idle flows are found in about 5 minutes; TCP_USER_TIMEOUT does not exist on MPTCP sockets.
const KEEPALIVE_IDLE_S = 120;
const KEEPALIVE_INTERVAL_S = 30;
const KEEPALIVE_COUNT = 6;

const STREAM = c.SOCK_STREAM | c.SOCK_NONBLOCK | c.SOCK_CLOEXEC;

function domainOf(family: Family): number {
  return family === 4 ? c.AF_INET : c.AF_INET6;
}

/** A listening socket with SO_REUSEPORT; accepted sockets inherit no-delay, keepalive and congestion control. */
export function openListener(options: ListenOptions): number {
  const family = familyOf(options.at.address);
  const protocol = options.mptcp ? c.IPPROTO_MPTCP : c.IPPROTO_TCP;
  const fd = check(rawSocket(domainOf(family), STREAM, protocol), () => `socket(${family}, ${protocol})`);
  try {
    setsockoptInt(fd, c.SOL_SOCKET, c.SO_REUSEADDR, 1);
    setsockoptInt(fd, c.SOL_SOCKET, c.SO_REUSEPORT, 1);
    if (family === 6) setsockoptInt(fd, c.SOL_IPV6, c.IPV6_V6ONLY, 1);
    if (options.transparent) setTransparent(fd, family);
    if (options.device !== undefined) setsockoptString(fd, c.SOL_SOCKET, c.SO_BINDTODEVICE, options.device);
    setNoDelay(fd);
    if (!options.mptcp) keepUrgentInline(fd);
    setKeepalive(fd);
    requireCongestion(fd, options.congestion);
    if (options.fastOpen) acceptFastOpen(fd);
    bind(fd, options.at);
    check(rawListen(fd, options.backlog), () => `listen(${fd}, ${options.backlog})`);
    return fd;
  } catch (error) {
    close(fd);
    throw error;
  }
}

function setTransparent(fd: number, family: Family): void {
  if (family === 4) setsockoptInt(fd, c.SOL_IP, c.IP_TRANSPARENT, 1);
  else setsockoptInt(fd, c.SOL_IPV6, c.IPV6_TRANSPARENT, 1);
}

/** Small segments do not wait until the peer has acknowledged those before them. A socket that is gone takes it no more. */
export function setNoDelay(fd: number): void {
  setsockoptIntRaw(fd, c.SOL_TCP, c.TCP_NODELAY, 1);
}

/** Urgent data stays in its place in the stream (RFC 6093). MPTCP has none. */
function keepUrgentInline(fd: number): void {
  setsockoptIntRaw(fd, c.SOL_SOCKET, c.SO_OOBINLINE, 1);
}

/** The config names it: a refusal throws. */
function requireCongestion(fd: number, name: string | undefined): void {
  if (name !== undefined) setsockoptString(fd, c.SOL_TCP, c.TCP_CONGESTION, name);
}

/** Finds out that the peer is gone, also when nothing is sent; where the kernel can. */
export function keepAlive(fd: number): void {
  prepared(() => setKeepalive(fd));
}

function setKeepalive(fd: number): void {
  setsockoptInt(fd, c.SOL_SOCKET, c.SO_KEEPALIVE, 1);
  for (const [option, value] of [
    [c.TCP_KEEPIDLE, KEEPALIVE_IDLE_S],
    [c.TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S],
    [c.TCP_KEEPCNT, KEEPALIVE_COUNT],
  ] as const) {
    // MPTCP sockets of older kernels refuse the intervals; the system's defaults then hold.
    if (setsockoptIntRaw(fd, c.SOL_TCP, option, value) < 0 && ![ENOPROTOOPT, EOPNOTSUPP].includes(errno())) {
      throw new SyscallError(`setsockopt(${fd}, SOL_TCP, ${option}, ${value})`, errno());
    }
  }
}

function bind(fd: number, at: SocketAddress): void {
  const address = encodeSockaddr(at);
  check(rawBind(fd, address, address.length), () => `bind(port ${at.port})`);
}

export interface ConnectOptions {
  readonly to: SocketAddress;
  readonly mptcp: boolean;
  /** Source address; with `device` it pins the first subflow to a WAN (facts: IPv6 needs both). */
  readonly from: Address | undefined;
  /** `from` is an address of somebody else, whose answers are led to us (IP_TRANSPARENT). */
  readonly isForeign?: boolean;
  readonly device: string | undefined;
  readonly congestion: string | undefined;
  /** Send the first bytes with the SYN where that is possible, see askFastOpen. */
  readonly fastOpen?: boolean;
}

/** Starts a non-blocking connect, without keepalive and no-delay: who keeps it for long, or sends more than once, asks for them. Returns the fd, or the negative errno when the kernel refuses at once. */
export function startConnect(options: ConnectOptions): number {
  const family = familyOf(options.to.address);
  const fd = rawSocket(domainOf(family), STREAM, options.mptcp ? c.IPPROTO_MPTCP : c.IPPROTO_TCP);
  if (fd < 0) return -errno();
  const failure = prepareAndConnect(fd, options);
  if (failure === 0) return fd;
  close(fd);
  return -failure;
}

/** 0, or the errno of the first call that failed. */
function prepareAndConnect(fd: number, options: ConnectOptions): number {
  const failure = prepared(() => {
    requireCongestion(fd, options.congestion);
    if (options.isForeign) setTransparent(fd, familyOf(options.to.address));
  });
  if (failure !== 0) return failure;
  if (options.device !== undefined) {
    if (setsockoptStringRaw(fd, c.SOL_SOCKET, c.SO_BINDTODEVICE, options.device) < 0) return errno();
  }
  if (options.from !== undefined) {
    // Not on every kernel's MPTCP sockets; without it bind takes a port early, which only limits their number.
    setsockoptIntRaw(fd, c.SOL_IP, c.IP_BIND_ADDRESS_NO_PORT, 1);
    const source = encodeSockaddr({ address: options.from, port: 0 });
    if (rawBind(fd, source, source.length) < 0) return errno();
  }
  if (options.fastOpen) askFastOpen(fd);
  const to = encodeSockaddr(options.to);
  if (rawConnect(fd, to, to.length) < 0 && errno() !== EINPROGRESS) return errno();
  // Nothing that a SYN would show, so it did not wait for it.
  if (!options.mptcp) keepUrgentInline(fd);
  return 0;
}

/** One flow must not end the worker that carries thousands: the errno of a refusal, else 0. */
function prepared(set: () => void): number {
  try {
    set();
    return 0;
  } catch (error) {
    if (error instanceof SyscallError) return error.errno;
    throw error;
  }
}

/** The result of a non-blocking connect, once writable: 0 or an errno. */
export function connectResult(fd: number): number {
  return getsockoptInt(fd, c.SOL_SOCKET, c.SO_ERROR) ?? errno();
}

const nameBuffer = Buffer.alloc(SOCKADDR_IN6_BYTES);
const nameLength = Buffer.alloc(4);

/** The local address: with TPROXY, where the device wanted to go. */
export function localAddress(fd: number): SocketAddress | undefined {
  nameLength.writeUInt32LE(SOCKADDR_IN6_BYTES);
  if (rawGetsockname(fd, nameBuffer, nameLength) < 0) return undefined;
  return decodeSockaddr(nameBuffer);
}

/** The peer's address; undefined when the connection is already gone. */
export function peerAddress(fd: number): Address | undefined {
  nameLength.writeUInt32LE(SOCKADDR_IN6_BYTES);
  if (rawGetpeername(fd, nameBuffer, nameLength) < 0) return undefined;
  return decodeSockaddr(nameBuffer)?.address;
}

/** A connection that waits at `listener`; negative, and errno() tells, when there is none. Who it is of, `acceptedPeer` tells. */
export function acceptFrom(listener: number): number {
  nameLength.writeUInt32LE(SOCKADDR_IN6_BYTES);
  return rawAccept4(listener, nameBuffer, nameLength, c.SOCK_NONBLOCK | c.SOCK_CLOEXEC);
}

/** Whose connection `acceptFrom` has just taken: with the same call, as every system call counts for a short flow. */
export function acceptedPeer(): Address | undefined {
  return decodeSockaddr(nameBuffer)?.address;
}

/**
 * The source address that the kernel takes towards `to`, or an errno. Nothing is sent. It is the address of `to` itself
 * only where that is one of this host, whatever table, state or lifetime it has.
 */
export function sourceTowards(to: SocketAddress): Address | number {
  const fd = rawSocket(domainOf(familyOf(to.address)), c.SOCK_DGRAM | c.SOCK_CLOEXEC, 0);
  if (fd < 0) return errno();
  const address = encodeSockaddr(to);
  const failure = rawConnect(fd, address, address.length) < 0 ? errno() : 0;
  const source = failure === 0 ? localAddress(fd)?.address : undefined;
  close(fd);
  return source ?? failure;
}

/** Where a REDIRECTed connection wanted to go, or undefined when it was not redirected. */
export function originalDestination(fd: number, family: Family): SocketAddress | undefined {
  nameLength.writeUInt32LE(SOCKADDR_IN6_BYTES);
  const [level, option] = family === 4 ? [c.SOL_IP, c.SO_ORIGINAL_DST] : [c.SOL_IPV6, c.IP6T_SO_ORIGINAL_DST];
  if (rawGetsockopt(fd, level, option, nameBuffer, nameLength) < 0) return undefined;
  return decodeSockaddr(nameBuffer);
}

/** Whether a connected socket still speaks MPTCP (undefined where the kernel cannot tell, before 6.12). */
export function isMptcp(fd: number): boolean | undefined {
  const value = getsockoptInt(fd, c.SOL_TCP, c.TCP_IS_MPTCP);
  return value === undefined ? undefined : value === 1;
}

// struct mptcp_info begins with 8 bytes of counts, then flags; bit 0 is "fell back to TCP".
const MPTCP_FLAGS_AT = 8;
const MPTCP_FLAG_FALLBACK = 1;
const mptcpInfo = Buffer.alloc(MPTCP_FLAGS_AT + 4);

/** The same for any kernel, for a socket that was opened as MPTCP: after a fallback it has no MPTCP_INFO any more. */
export function stillMptcp(fd: number): boolean {
  nameLength.writeUInt32LE(mptcpInfo.length);
  if (rawGetsockopt(fd, c.SOL_MPTCP, c.MPTCP_INFO, mptcpInfo, nameLength) < 0) return false;
  return (mptcpInfo.readUInt32LE(MPTCP_FLAGS_AT) & MPTCP_FLAG_FALLBACK) === 0;
}

/** Whether the socket itself is MPTCP, also after a fallback: a listener of MPTCP accepts plain TCP as what it is. */
export function isMptcpSocket(fd: number): boolean {
  return getsockoptInt(fd, c.SOL_SOCKET, c.SO_PROTOCOL) === c.IPPROTO_MPTCP;
}

const queueBuffer = Buffer.alloc(4);

/** Bytes the peer has not acknowledged yet, its end among them; 0 when the kernel cannot tell. */
export function unackedBytes(fd: number): number {
  return rawIoctl(fd, c.SIOCOUTQ, queueBuffer) < 0 ? 0 : queueBuffer.readInt32LE();
}

const LINGER_RESET = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);

/** Closes with a reset: RST on TCP, MP_FASTCLOSE on MPTCP (tried on 6.18). */
export function closeWithReset(fd: number): void {
  rawSetsockopt(fd, c.SOL_SOCKET, c.SO_LINGER, LINGER_RESET, LINGER_RESET.length);
  close(fd);
}
