// UDP sockets pinned to one WAN: probes and questions have to leave by the link that they ask about.
import { type Address, type Family, familyOf, type SocketAddress } from '../base/address.ts';
import {
  AF_INET,
  AF_INET6,
  IP_MTU,
  IPV6_MTU,
  SO_BINDTODEVICE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
} from './constants.ts';
import { close, errno, getsockoptInt, rawBind, rawConnect, rawSetsockopt, rawSocket } from './libc.ts';
import { encodeSockaddr } from './sockaddr.ts';

/** A connected one: the fd, or a negative errno. A WAN that is just going away refuses, which is no error of ours. */
export function openPinnedUdp(to: SocketAddress, from: Address, device: string): number {
  const fd = openDeviceUdp(from, device);
  if (fd < 0) return fd;
  const peer = encodeSockaddr(to);
  return rawConnect(fd, peer, peer.length) === 0 ? fd : giveUp(fd);
}

/** One that is bound only, for Node's dgram, which does not take a connected one. */
export function openDeviceUdp(from: Address, device: string): number {
  const domain = familyOf(from) === 4 ? AF_INET : AF_INET6;
  const fd = rawSocket(domain, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno();
  const name = Buffer.from(`${device}\0`);
  const source = encodeSockaddr({ address: from, port: 0 });
  const isOpen =
    rawSetsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, name.length) === 0 &&
    rawBind(fd, source, source.length) === 0;
  return isOpen ? fd : giveUp(fd);
}

/** What the kernel takes for the MTU of the path to the peer of a connected socket (ip(7), IP_MTU); undefined without a route. */
export function pathMtuBytes(fd: number, family: Family): number | undefined {
  return family === 4 ? getsockoptInt(fd, SOL_IP, IP_MTU) : getsockoptInt(fd, SOL_IPV6, IPV6_MTU);
}

function giveUp(fd: number): number {
  const failure = errno();
  close(fd);
  return -failure;
}
