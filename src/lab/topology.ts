// The lab's network as data: what each host is told, in order, before any of it happens.
import { BACKBONE, LAN, ORIGIN, SERVER, type WanAddresses, wanAddresses } from './addresses.ts';
import type { LinkSpec } from './emulator/spec.ts';
import { tbfArguments, type WanLink } from './link-kind.ts';
import { HOST_NAMES, type HostName, namespaceName } from './run-name.ts';

export interface TopologyOptions {
  readonly wans: readonly WanLink[];
  /** IPv6 default routes `from` each WAN's prefix, as OpenWrt's netifd makes them. */
  readonly sourceSpecific: boolean;
  /** The origin is behind the server, which routes; else each has its own uplink. */
  readonly isServerInPath?: boolean;
}

export interface HostSetup {
  /** Path under /proc/sys to value; written before links and addresses exist. */
  readonly sysctls: ReadonlyMap<string, string>;
  /** Lines of an `ip` batch. */
  readonly ip: readonly string[];
  /** Lines of a `tc` batch. */
  readonly tc: readonly string[];
  readonly nft?: string;
}

export interface Topology {
  readonly wans: readonly WanAddresses[];
  /** Lines of an `ip` batch of the root namespace, which make the veth pairs. */
  readonly links: readonly string[];
  readonly emulated: readonly LinkSpec[];
  readonly hosts: Readonly<Record<HostName, HostSetup>>;
}

/** The name of the lab's own table, which gives the router the address translation of a home router. */
export const NAT_TABLE = 'wblab_nat';

// What every host gets, so that a run does not depend on the machine it runs on.
const COMMON_SYSCTLS: readonly (readonly [string, string])[] = [
  ['net/ipv4/conf/all/rp_filter', '0'],
  ['net/ipv4/conf/default/rp_filter', '0'],
  ['net/ipv6/conf/all/disable_ipv6', '0'],
  ['net/ipv6/conf/default/disable_ipv6', '0'],
  ['net/ipv6/conf/default/accept_dad', '0'],
  ['net/ipv6/conf/default/accept_ra', '0'],
  // One run must not start with what an earlier one learned of the path.
  ['net/ipv4/tcp_no_metrics_save', '1'],
  // The kernel's own defaults; whoever needs more raises them.
  ['net/ipv4/tcp_rmem', '4096 131072 6291456'],
  ['net/ipv4/tcp_wmem', '4096 16384 4194304'],
];
const FORWARDING: readonly (readonly [string, string])[] = [
  ['net/ipv4/ip_forward', '1'],
  ['net/ipv6/conf/all/forwarding', '1'],
];

export function renderTopology(run: string, options: TopologyOptions): Topology {
  const wans = options.wans.map((_, i) => wanAddresses(i + 1));
  const on = (host: HostName): string => namespaceName(run, host);
  const links = [
    veth(on('router'), LAN.routerDevice, on('lan'), LAN.device),
    veth(on('net'), SERVER.netDevice, on('server'), SERVER.device),
    veth(on('net'), ORIGIN.netDevice, on('origin'), ORIGIN.device),
    veth(on('server'), BACKBONE.device, on('origin'), BACKBONE.device),
  ];
  const emulated: LinkSpec[] = [];
  const routerTc: string[] = [];
  const netTc: string[] = [];
  options.wans.forEach((link, i) => {
    const wan = wans[i] as WanAddresses;
    if (link.kind === 'emulated') {
      emulated.push({
        name: wan.name,
        a: { netns: on('router'), device: wan.device },
        b: { netns: on('net'), device: wan.gatewayDevice },
        aToB: link.spec,
        bToA: link.spec,
      });
      return;
    }
    links.push(veth(on('router'), wan.device, on('net'), wan.gatewayDevice));
    if (link.kind === 'unshaped') return;
    routerTc.push(`qdisc add dev ${wan.device} root ${tbfArguments(link.spec)}`);
    netTc.push(`qdisc add dev ${wan.gatewayDevice} root ${tbfArguments(link.spec)}`);
  });
  const hosts: Record<HostName, HostSetup> = {
    lan: hostSetup([], lanLines()),
    router: {
      ...hostSetup(
        FORWARDING,
        [...routerLanLines(), ...wans.flatMap((wan) => wanUpLines(wan, options))],
        routerTc,
      ),
      nft: natRuleset(wans),
    },
    net: hostSetup(FORWARDING, netLines(wans, options), netTc),
    server: hostSetup(options.isServerInPath ? FORWARDING : [], serverLines()),
    origin: hostSetup([], originLines(options)),
  };
  for (const name of HOST_NAMES)
    hosts[name] = { ...hosts[name], ip: ['link set dev lo up', ...hosts[name].ip] };
  return { wans, links, emulated, hosts };
}

/** What brings one WAN up on the router, also again after it was down: addresses and default routes. */
export function wanUpLines(
  wan: WanAddresses,
  { sourceSpecific }: Pick<TopologyOptions, 'sourceSpecific'>,
): string[] {
  const via6 = `via ${wan.gateway6} dev ${wan.device} metric ${wan.metric}`;
  return [
    ...address(wan.device, wan.router4, wan.length4, wan.router6, wan.length6),
    `route replace default via ${wan.gateway4} dev ${wan.device} metric ${wan.metric}`,
    // netifd makes one for each prefix of the interface and one for the prefix delegated to the LAN.
    ...(sourceSpecific
      ? [wan.prefix6, LAN.prefix6].map((prefix) => `route replace default from ${prefix} ${via6}`)
      : [`route replace default ${via6}`]),
  ];
}

function lanLines(): string[] {
  return [
    ...address(LAN.device, LAN.host4, LAN.length4, LAN.host6, LAN.length6),
    `route add default via ${LAN.router4}`,
    `route add default via ${LAN.router6}`,
  ];
}

function routerLanLines(): string[] {
  return address(LAN.routerDevice, LAN.router4, LAN.length4, LAN.router6, LAN.length6);
}

function netLines(wans: readonly WanAddresses[], { isServerInPath }: TopologyOptions): string[] {
  return [
    ...address(SERVER.netDevice, SERVER.gateway4, SERVER.length4, SERVER.gateway6, SERVER.length6),
    ...address(ORIGIN.netDevice, ORIGIN.gateway4, ORIGIN.length4, ORIGIN.gateway6, ORIGIN.length6),
    ...wans.flatMap((wan) =>
      address(wan.gatewayDevice, wan.gateway4, wan.length4, wan.gateway6, wan.length6),
    ),
    ...(isServerInPath
      ? [
          `route add ${ORIGIN.address4}/32 via ${SERVER.address4}`,
          `route add ${ORIGIN.address6}/128 via ${SERVER.address6}`,
        ]
      : []),
  ];
}

function serverLines(): string[] {
  return [
    ...address(SERVER.device, SERVER.address4, SERVER.length4, SERVER.address6, SERVER.length6),
    ...address(BACKBONE.device, BACKBONE.server4, BACKBONE.length4, BACKBONE.server6, BACKBONE.length6),
    `route add default via ${SERVER.gateway4}`,
    `route add default via ${SERVER.gateway6}`,
    `route add ${ORIGIN.address4}/32 via ${BACKBONE.origin4}`,
    `route add ${ORIGIN.address6}/128 via ${BACKBONE.origin6}`,
  ];
}

function originLines({ isServerInPath }: TopologyOptions): string[] {
  const [gateway4, gateway6] = isServerInPath
    ? [BACKBONE.server4, BACKBONE.server6]
    : [ORIGIN.gateway4, ORIGIN.gateway6];
  return [
    ...address(ORIGIN.device, ORIGIN.address4, ORIGIN.length4, ORIGIN.address6, ORIGIN.length6),
    ...address(BACKBONE.device, BACKBONE.origin4, BACKBONE.length4, BACKBONE.origin6, BACKBONE.length6),
    `route add default via ${gateway4}`,
    `route add default via ${gateway6}`,
  ];
}

function natRuleset(wans: readonly WanAddresses[]): string {
  const devices = wans.map((wan) => `"${wan.device}"`).join(', ');
  return `table inet ${NAT_TABLE} {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname { ${devices} } masquerade
  }
}
`;
}

function veth(hostA: string, deviceA: string, hostB: string, deviceB: string): string {
  return `link add ${deviceA} netns ${hostA} type veth peer name ${deviceB} netns ${hostB}`;
}

/** Up before the addresses: an IPv6 address on a link that is down gets no route. */
function address(device: string, v4: string, length4: number, v6: string, length6: number): string[] {
  return [
    `link set dev ${device} up`,
    `addr replace ${v4}/${length4} dev ${device}`,
    `addr replace ${v6}/${length6} dev ${device} nodad`,
  ];
}

function hostSetup(
  sysctls: readonly (readonly [string, string])[],
  ip: readonly string[],
  tc: readonly string[] = [],
): HostSetup {
  return { sysctls: new Map([...COMMON_SYSCTLS, ...sysctls]), ip, tc };
}
