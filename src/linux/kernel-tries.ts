// What the running kernel does when it is tried, where that changes nothing.
import { existsSync } from 'node:fs';
import { AF_INET6 } from './constants.ts';
import { hasCongestion } from './congestion.ts';
import { CAP_NET_ADMIN, hasCapability, ownCapabilities, probeMptcpSocket, probeNft } from './features.ts';
import { ip } from './ip.ts';

/** Undefined: it could not be tried, for want of a privilege or of a program. */
export interface KernelTries {
  readonly mptcp?: boolean;
  readonly mptcp6?: boolean;
  readonly 'policy-routing'?: boolean;
  readonly nftables?: boolean;
  readonly tproxy?: boolean;
  readonly socket?: boolean;
  readonly redirect?: boolean;
  readonly bbr?: boolean;
  readonly tun?: boolean;
  readonly namespaces?: boolean;
}

export function tryKernel(): KernelTries {
  const isAdmin = hasCapability(ownCapabilities(), CAP_NET_ADMIN);
  const { nft } = probeNft(isAdmin);
  const found = {
    // With net.mptcp.enabled=0 no socket opens, and the kernel has it all the same.
    mptcp: existsSync('/proc/sys/net/mptcp/enabled') || probeMptcpSocket() === undefined,
    // Where it does not open that may be the setting, or a want of IPv6: the config tells.
    mptcp6: probeMptcpSocket(AF_INET6) === undefined || undefined,
    'policy-routing': listsRules(),
    nftables: nft.hasSocket || nft.hasRedirect || undefined,
    tproxy: nft.hasTproxy,
    socket: nft.hasSocket,
    redirect: nft.hasRedirect,
    // Others may use only what is allowed, which says nothing of the kernel.
    bbr: isAdmin ? hasCongestion('bbr') : undefined,
    tun: existsSync('/sys/class/misc/tun') || undefined,
    namespaces: existsSync('/proc/self/ns/net'),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** Undefined where it cannot be told from a want of the program. */
function listsRules(): true | undefined {
  try {
    return ip(['rule', 'show']).includes('lookup main') || undefined;
  } catch {
    return undefined;
  }
}
