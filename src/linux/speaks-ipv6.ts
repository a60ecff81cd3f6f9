// Whether sockets of IPv6 can be made at all: not in a kernel that was started with `ipv6.disable=1` or built without it.
// Where IPv6 is only switched off by sysctl they can, and serve as soon as it is switched on.
import { readSysctl } from './sysctl.ts';

export function speaksIpv6(): boolean {
  return readSysctl('net.ipv6.conf.all.disable_ipv6') !== undefined;
}
