// Listeners and connections over loopback, for tests.
import { parseAddress, type SocketAddress } from '../base/address.ts';
import { SOCK_NONBLOCK, SOL_TCP, TCP_INFO } from './constants.ts';
import { close, rawAccept4, rawGetsockopt } from './libc.ts';
import { localAddress, openListener, startConnect } from './sockets.ts';

const LOOPBACK = parseAddress('127.0.0.1');

/** On a port that the kernel chooses; the caller closes `fd`. */
export function listenOnLoopback({ mptcp = false, backlog = 16 } = {}): { fd: number; at: SocketAddress } {
  const at = { address: LOOPBACK, port: 0 };
  const fd = openListener({ at, mptcp, transparent: false, congestion: undefined, backlog });
  return { fd, at: { ...at, port: localAddress(fd)?.port ?? 0 } };
}

/** Two ends of a connection over loopback: who connects, who accepts. */
export function connectedPair(mptcp = { client: false, listener: false }): [number, number] {
  const listener = listenOnLoopback({ mptcp: mptcp.listener, backlog: 1 });
  const client = startConnect({
    to: listener.at,
    mptcp: mptcp.client,
    from: undefined,
    device: undefined,
    congestion: undefined,
  });
  let server = -1;
  while (server < 0) server = rawAccept4(listener.fd, null, null, SOCK_NONBLOCK);
  close(listener.fd);
  return [client, server];
}

// struct tcp_info (include/uapi/linux/tcp.h).
const SEGMENTS_IN_AT = 140;
const DATA_SEGMENTS_IN_AT = 152;

function tcpInfo(fd: number, at: number): number {
  const info = Buffer.alloc(256);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(info.length);
  if (rawGetsockopt(fd, SOL_TCP, TCP_INFO, info, length) < 0) throw new Error('no TCP_INFO');
  return info.readUInt32LE(at);
}

/** Segments with data that have come. */
export const dataSegmentsIn = (fd: number): number => tcpInfo(fd, DATA_SEGMENTS_IN_AT);
/** All that have come, those of the handshake too. */
export const segmentsIn = (fd: number): number => tcpInfo(fd, SEGMENTS_IN_AT);
