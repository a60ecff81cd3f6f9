// What wanbond needs of a kernel: the config symbols, what each is for, and what of OpenWrt adds it.

/** Found out by trying; see linux/kernel-tries. */
export type Trial =
  | 'mptcp'
  | 'mptcp6'
  | 'policy-routing'
  | 'nftables'
  | 'tproxy'
  | 'socket'
  | 'redirect'
  | 'bbr'
  | 'tun'
  | 'namespaces';

export interface KernelNeed {
  /** A few words, the same everywhere. */
  readonly subject: string;
  /** Symbols without CONFIG_, all of which it takes, with the module of each that can be one. */
  readonly symbols: Readonly<Record<string, string | undefined>>;
  /** `required`: nothing works without it; `wanted`: something is worse; `optional`: for what not everyone does. */
  readonly level: 'required' | 'wanted' | 'optional';
  /** What is so without it: the end of a sentence. */
  readonly without: string;
  /** OpenWrt's package, or its option of config/Config-kernel.in; neither where all its kernels have it. */
  readonly openwrt?: { readonly package: string } | { readonly option: string };
  readonly trial?: Trial;
}

export const NEEDS: readonly KernelNeed[] = [
  {
    subject: 'MPTCP',
    symbols: { MPTCP: undefined },
    level: 'required',
    without: 'nothing is bonded',
    openwrt: { option: 'KERNEL_MPTCP' },
    trial: 'mptcp',
  },
  {
    subject: 'MPTCP over IPv6',
    symbols: { IPV6: 'ipv6', MPTCP_IPV6: undefined },
    level: 'wanted',
    without: 'IPv6 WANs are not bonded',
    openwrt: { option: 'KERNEL_MPTCP_IPV6' },
    trial: 'mptcp6',
  },
  {
    subject: 'MPTCP diag',
    symbols: { INET_DIAG: 'inet_diag', INET_MPTCP_DIAG: 'mptcp_diag' },
    level: 'optional',
    without: '`ss -M` shows no MPTCP sockets',
    openwrt: { package: 'kmod-inet-mptcp-diag' },
  },
  {
    subject: 'policy routing',
    symbols: { IP_MULTIPLE_TABLES: undefined },
    level: 'required',
    without: 'packets cannot be brought to the relay',
    trial: 'policy-routing',
  },
  {
    subject: 'policy routing, IPv6',
    symbols: { IPV6_MULTIPLE_TABLES: undefined },
    level: 'wanted',
    without: 'IPv6 cannot be brought to the relay',
    openwrt: { option: 'KERNEL_IPV6_MULTIPLE_TABLES' },
  },
  {
    subject: 'nftables',
    symbols: {
      NETFILTER: undefined,
      NF_CONNTRACK: 'nf_conntrack',
      NF_TABLES: 'nf_tables',
      NF_TABLES_INET: undefined,
      NFT_CT: 'nft_ct',
      NFT_REJECT: 'nft_reject',
      NFT_REJECT_INET: 'nft_reject_inet',
    },
    level: 'required',
    without: 'a router cannot take the traffic of its LAN',
    openwrt: { package: 'kmod-nft-core' },
    trial: 'nftables',
  },
  {
    subject: 'nft tproxy',
    symbols: {
      NFT_TPROXY: 'nft_tproxy',
      NF_TPROXY_IPV4: 'nf_tproxy_ipv4',
      NF_TPROXY_IPV6: 'nf_tproxy_ipv6',
    },
    level: 'wanted',
    without: 'a router has to use redirect, and there are no gateways',
    openwrt: { package: 'kmod-nft-tproxy' },
    trial: 'tproxy',
  },
  {
    subject: 'nft socket',
    symbols: {
      NFT_SOCKET: 'nft_socket',
      NF_SOCKET_IPV4: 'nf_socket_ipv4',
      NF_SOCKET_IPV6: 'nf_socket_ipv6',
    },
    level: 'wanted',
    without: 'a router has to use redirect, and there are no gateways',
    openwrt: { package: 'kmod-nft-socket' },
    trial: 'socket',
  },
  {
    subject: 'nft redirect, NAT',
    symbols: { NF_NAT: 'nf_nat', NFT_NAT: 'nft_nat', NFT_REDIR: 'nft_redir', NFT_MASQ: 'nft_masq' },
    level: 'optional',
    without: 'there is nothing to fall back on from TPROXY, and no `nat = true`',
    openwrt: { package: 'kmod-nft-nat' },
    trial: 'redirect',
  },
  {
    subject: 'bbr',
    symbols: { TCP_CONG_BBR: 'tcp_bbr' },
    level: 'wanted',
    without: 'a lossy WAN slows the others down',
    openwrt: { package: 'kmod-tcp-bbr' },
    trial: 'bbr',
  },
  {
    subject: 'scheduler fq',
    symbols: { NET_SCH_FQ: 'sch_fq' },
    level: 'optional',
    without: 'TCP paces by itself, with some more CPU',
    openwrt: { package: 'kmod-sched' },
  },
  {
    subject: 'namespaces (lab)',
    symbols: { NET_NS: undefined },
    level: 'optional',
    without: '`wanbond lab` cannot run here',
    openwrt: { option: 'KERNEL_NET_NS' },
    trial: 'namespaces',
  },
  {
    subject: 'tun (lab)',
    symbols: { TUN: 'tun' },
    level: 'optional',
    without: '`wanbond lab` cannot run here',
    openwrt: { package: 'kmod-tun' },
    trial: 'tun',
  },
  {
    subject: 'veth (lab)',
    symbols: { VETH: 'veth' },
    level: 'optional',
    without: '`wanbond lab` cannot run here',
    openwrt: { package: 'kmod-veth' },
  },
  {
    subject: 'netem (lab)',
    symbols: { NET_SCH_NETEM: 'sch_netem' },
    level: 'optional',
    without: '`wanbond lab` uses its own links, as it always does; `tc` has none',
    openwrt: { package: 'kmod-netem' },
  },
];

/** With older ones the relay lacks socket options. */
export const KERNEL_MIN = '6.1';

/** Symbols that only the out-of-tree MPTCP of before 5.6 has. */
export const OUT_OF_TREE = [
  'MPTCP_PM_ADVANCED',
  'MPTCP_FULLMESH',
  'MPTCP_SCHED_ADVANCED',
  'DEFAULT_MPTCP_PM',
];
