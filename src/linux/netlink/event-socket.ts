// A socket that hears what the kernel tells of links, addresses, routes and rules.
//
// Events say that something changed, not how things are: the kernel keeps quiet about IPv4 routes that go with their
// interface. Open the socket, read everything once (readLinks), and read it again after each batch and overrun.
import { close } from '../libc.ts';
import * as abi from './abi.ts';
import { joinGroup, openNetlink, setReceiveBuffer } from './socket.ts';

const GROUPS = [
  abi.RTNLGRP_LINK,
  abi.RTNLGRP_IPV4_IFADDR,
  abi.RTNLGRP_IPV6_IFADDR,
  abi.RTNLGRP_IPV4_ROUTE,
  abi.RTNLGRP_IPV6_ROUTE,
  abi.RTNLGRP_IPV4_RULE,
  abi.RTNLGRP_IPV6_RULE,
];

/** @throws SyscallError */
export function openEventSocket(receiveBufferBytes: number): number {
  const fd = openNetlink(abi.NETLINK_ROUTE);
  try {
    setReceiveBuffer(fd, receiveBufferBytes);
    for (const group of GROUPS) joinGroup(fd, group);
    return fd;
  } catch (error) {
    close(fd);
    throw error;
  }
}
