// A connected UDP socket pinned to one WAN: probes have to leave by the link that they ask about.
import { type Address, familyOf, type SocketAddress } from '../base/address.ts';
import {
  AF_INET,
  AF_INET6,
  SO_BINDTODEVICE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
} from './constants.ts';
import { close, errno, rawBind, rawConnect, rawSetsockopt, rawSocket } from './libc.ts';
import { encodeSockaddr } from './sockaddr.ts';

/** The fd, or a negative errno: a WAN that is just going away refuses, which is no error of ours. */
export function openPinnedUdp(to: SocketAddress, from: Address, device: string): number {
  const domain = familyOf(to.address) === 4 ? AF_INET : AF_INET6;
  const fd = rawSocket(domain, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno();
  const name = Buffer.from(`${device}\0`);
  const source = encodeSockaddr({ address: from, port: 0 });
  const peer = encodeSockaddr(to);
  const isOpen =
    rawSetsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, name.length) === 0 &&
    rawBind(fd, source, source.length) === 0 &&
    rawConnect(fd, peer, peer.length) === 0;
  if (isOpen) return fd;
  const failure = errno();
  close(fd);
  return -failure;
}
