// What this host offers, found by trying it where that changes nothing, and by reading /proc otherwise.
import { readFileSync } from 'node:fs';
import { release, totalmem } from 'node:os';
import { describe, WanbondError } from '../base/error.ts';
import { AF_INET, IPPROTO_MPTCP, SOCK_CLOEXEC, SOCK_STREAM } from './constants.ts';
import { errnoName } from './errno.ts';
import { ip, ipJson } from './ip.ts';
import { close, errno, rawSocket } from './libc.ts';
import { Nftables } from './nftables.ts';
import { readSysctl } from './sysctl.ts';

export interface InterfaceFacts {
  readonly name: string;
  readonly isUp: boolean;
  /** Texts of the addresses that reach beyond the link. */
  readonly addresses: readonly string[];
}

/** An undefined fact could not be found out (no permission, no such setting). */
export interface HostFeatures {
  readonly kernelRelease: string;
  readonly nodeVersion: string;
  /** net.mptcp.enabled; undefined when the kernel has no MPTCP. */
  readonly isMptcpEnabled: boolean | undefined;
  /** The errno name of opening an MPTCP socket; undefined when it opened. */
  readonly mptcpSocketError: string | undefined;
  /** What `ip mptcp limits` says against itself; undefined when it works. */
  readonly ipMptcpError: string | undefined;
  /** Why libnftables cannot be used; undefined when it can. */
  readonly libnftablesError: string | undefined;
  readonly nft: NftFacts;
  /** CapEff of this process. */
  readonly capabilities: bigint;
  readonly congestionAvailable: readonly string[];
  /** What a process without CAP_NET_ADMIN may use. */
  readonly congestionAllowed: readonly string[];
  readonly memoryBytes: number;
  readonly tcpRmemMaxBytes: number | undefined;
  readonly tcpWmemMaxBytes: number | undefined;
  /** The hard limit: Node raises its soft limit to it. */
  readonly openFilesMax: number | undefined;
  /** In pages of 4 KiB, for a user without privileges; 0 is no limit. */
  readonly pipeUserPagesSoft: number | undefined;
  readonly pipeMaxSizeBytes: number | undefined;
  readonly unprivilegedPortStart: number | undefined;
  readonly isForwarding: { readonly v4: boolean; readonly v6: boolean };
  /** The bits of net.ipv4.tcp_fastopen. */
  readonly tcpFastOpen: number | undefined;
  readonly interfaces: readonly InterfaceFacts[] | undefined;
}

/** Which nft expressions the kernel takes; undefined without CAP_NET_ADMIN or libnftables. */
export interface NftFacts {
  readonly hasTproxy: boolean | undefined;
  readonly hasSocket: boolean | undefined;
  readonly hasRedirect: boolean | undefined;
}

// include/uapi/linux/capability.h
export const CAP_NET_BIND_SERVICE = 10n;
export const CAP_NET_ADMIN = 12n;
export const CAP_SYS_ADMIN = 21n;
export const CAP_SYS_RESOURCE = 24n;

export function hasCapability(set: bigint, capability: bigint): boolean {
  return ((set >> capability) & 1n) === 1n;
}

/** CapEff of this process. */
export function ownCapabilities(): bigint {
  return BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(readText('/proc/self/status'))?.[1] ?? '0'}`);
}

/** Looks at everything; never throws for a fact that cannot be found out. */
export function probeHost(): HostFeatures {
  const capabilities = ownCapabilities();
  const enabled = sysctl('net.mptcp.enabled');
  return {
    kernelRelease: release(),
    nodeVersion: process.versions.node,
    isMptcpEnabled: enabled === undefined ? undefined : enabled !== '0',
    mptcpSocketError: probeMptcpSocket(),
    ipMptcpError: whyNot(() => ip(['mptcp', 'limits', 'show'])),
    ...probeNft(hasCapability(capabilities, CAP_NET_ADMIN)),
    capabilities,
    congestionAvailable: words('net.ipv4.tcp_available_congestion_control'),
    congestionAllowed: words('net.ipv4.tcp_allowed_congestion_control'),
    memoryBytes: totalmem(),
    tcpRmemMaxBytes: integer(words('net.ipv4.tcp_rmem')[2]),
    tcpWmemMaxBytes: integer(words('net.ipv4.tcp_wmem')[2]),
    openFilesMax: openFilesMax(readText('/proc/self/limits')),
    pipeUserPagesSoft: integer(sysctl('fs.pipe-user-pages-soft')),
    pipeMaxSizeBytes: integer(sysctl('fs.pipe-max-size')),
    unprivilegedPortStart: integer(sysctl('net.ipv4.ip_unprivileged_port_start')),
    isForwarding: {
      v4: sysctl('net.ipv4.ip_forward') === '1',
      v6: sysctl('net.ipv6.conf.all.forwarding') === '1',
    },
    tcpFastOpen: integer(sysctl('net.ipv4.tcp_fastopen')),
    interfaces: probeInterfaces(),
  };
}

/** The errno name of opening an MPTCP socket; undefined when it opened. */
export function probeMptcpSocket(family = AF_INET): string | undefined {
  const fd = rawSocket(family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);
  if (fd < 0) return errnoName(errno());
  close(fd);
  return undefined;
}

/** Each expression in a table that the kernel judges and then forgets. */
const NFT_PROBES = {
  hasTproxy: [
    'filter hook prerouting priority mangle',
    'meta l4proto tcp tproxy ip to 127.0.0.1:1 accept\nmeta l4proto tcp tproxy ip6 to [::1]:1 accept',
  ],
  hasSocket: ['filter hook prerouting priority mangle', 'meta l4proto tcp socket transparent 1 accept'],
  hasRedirect: ['nat hook prerouting priority dstnat', 'meta l4proto tcp redirect to :1'],
} as const;

export function probeNft(canAsk: boolean): Pick<HostFeatures, 'libnftablesError' | 'nft'> {
  const unknown = { hasTproxy: undefined, hasSocket: undefined, hasRedirect: undefined };
  let nft: Nftables;
  try {
    nft = new Nftables();
  } catch (error) {
    return { libnftablesError: describe(error), nft: unknown };
  }
  try {
    if (!canAsk) return { libnftablesError: undefined, nft: unknown };
    const accepts = (probe: keyof typeof NFT_PROBES): boolean => {
      const [hook, rules] = NFT_PROBES[probe];
      return nft.wouldAccept(`table inet wanbond_check {\nchain probe {\ntype ${hook};\n${rules}\n}\n}\n`);
    };
    const found = {
      hasTproxy: accepts('hasTproxy'),
      hasSocket: accepts('hasSocket'),
      hasRedirect: accepts('hasRedirect'),
    };
    return { libnftablesError: undefined, nft: found };
  } finally {
    nft.close();
  }
}

interface IpAddressEntry {
  readonly ifname?: string;
  readonly flags?: readonly string[];
  readonly addr_info?: readonly { readonly local?: string; readonly scope?: string }[];
}

function probeInterfaces(): readonly InterfaceFacts[] | undefined {
  try {
    return ipJson<IpAddressEntry>(['address', 'show']).map((entry) => ({
      name: entry.ifname ?? '',
      isUp: entry.flags?.includes('UP') ?? false,
      addresses: (entry.addr_info ?? []).flatMap(({ local, scope }) =>
        local !== undefined && scope === 'global' ? [local] : [],
      ),
    }));
  } catch {
    return undefined; // ipMptcpError tells that `ip` does not work
  }
}

function whyNot(attempt: () => unknown): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    return error instanceof WanbondError ? error.message : describe(error);
  }
}

/** The hard limit in the text of /proc/self/limits; `unlimited` is Infinity. */
export function openFilesMax(limits: string): number | undefined {
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(limits)?.[1];
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : integer(hard);
}

function sysctl(name: string): string | undefined {
  try {
    return readSysctl(name);
  } catch {
    return undefined;
  }
}

const words = (name: string): string[] => (sysctl(name) ?? '').split(' ').filter(Boolean);

function integer(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
