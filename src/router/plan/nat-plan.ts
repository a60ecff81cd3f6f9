// What a router with `nat = true` does for traffic that is not carried: forwarding, and a translation of addresses on
// every WAN. Unlike the redirect this outlives the daemon: plain routing, the way out when it dies, needs it too.
import type { Address } from '../../base/address.ts';
import type { RouterConfig } from '../../config/router.ts';
import type { HostFacts } from '../../plan/host-facts.ts';
import type { Step, SysctlStep, SysctlUndo, Undo } from '../../plan/step.ts';

export const NAT_TABLE = 'wanbond_nat';

const FORWARD4 = 'net.ipv4.ip_forward';
const FORWARD6 = 'net.ipv6.conf.all.forwarding';
const ACCEPT_RA = 'net.ipv6.conf.*.accept_ra';
// What the kernel sets together with each of them: name, value with forwarding, value without (inet_forward_change and
// addrconf_fixup_forwarding, and seen).
const DRAGGED4 = [
  ['net.ipv4.conf.all.accept_redirects', '0', '1'],
  ['net.ipv4.conf.*.forwarding', '1', '0'],
] as const;
const DRAGGED6 = [['net.ipv6.conf.*.forwarding', '1', '0']] as const;

/** Names of the settings that natSteps asks for; see expandSysctl. */
export function natSysctls(config: RouterConfig): string[] {
  if (!config.nat) return [];
  const dragged = [...DRAGGED4, ...DRAGGED6].map(([pattern]) => pattern);
  return [FORWARD4, FORWARD6, ACCEPT_RA, ...dragged];
}

/** Names of the tables that natSteps asks for. */
export function natTables(config: RouterConfig): string[] {
  return config.nat ? [NAT_TABLE] : [];
}

/** Whether it takes back what plain routing lives on. */
export function isOfNat(undo: Undo): boolean {
  if (undo.kind === 'table') return undo.name === NAT_TABLE;
  return (
    undo.kind === 'sysctl' && (undo.name === FORWARD4 || undo.name === FORWARD6 || isAcceptRa(undo.name))
  );
}

const isAcceptRa = (name: string): boolean => matches(ACCEPT_RA, name);

export function natSteps(config: RouterConfig, facts: HostFacts): Step[] {
  if (!config.nat) return [];
  return [
    forwarding(FORWARD4, DRAGGED4, facts),
    ...(wantsIpv6(config, facts) ? ipv6Steps(config, facts) : []),
    { kind: 'table', family: 'inet', name: NAT_TABLE, text: renderNatTable(config) },
  ];
}

/**
 * Exactly as nft lists it. Both families are translated: an IPv6 prefix belongs to one WAN, and the others drop what
 * comes from it. Opening packets name the largest segment that fits the WAN: few devices find that out on their own.
 */
export function renderNatTable(config: RouterConfig): string {
  const wans = config.wans.map((wan) => wan.interface);
  const clamps = wans.map((wan) => `\t\toifname "${wan}" tcp flags syn tcp option maxseg size set rt mtu\n`);
  const masquerades = config.lan.interfaces.flatMap((lan) =>
    wans.map((wan) => `\t\tiifname "${lan}" oifname "${wan}" masquerade\n`),
  );
  return `table inet ${NAT_TABLE} {
\tchain forward {
\t\ttype filter hook forward priority mangle; policy accept;
${clamps.join('')}\t}

\tchain postrouting {
\t\ttype nat hook postrouting priority srcnat; policy accept;
${masquerades.join('')}\t}
}
`;
}

/** Makes the table fit other interfaces; translations that are there go on. Empty when it does. */
export function renderNatChange(before: RouterConfig, after: RouterConfig): string {
  const text = renderNatTable(after);
  if (!after.nat || text === renderNatTable(before)) return '';
  return `add table inet ${NAT_TABLE}\ndelete table inet ${NAT_TABLE}\n${text}`;
}

/** Only for a LAN that has IPv6: forwarding makes a host deaf to router advertisements, unless it is told otherwise. */
function wantsIpv6(config: RouterConfig, facts: HostFacts): boolean {
  const lans = facts.interfaces.filter((one) => config.lan.interfaces.includes(one.name));
  return lans.some((lan) => lan.addresses.some(({ address }) => isGlobalIpv6(address)));
}

function ipv6Steps(config: RouterConfig, facts: HostFacts): Step[] {
  if (facts.sysctls.get(FORWARD6) !== '0') return [forwarding(FORWARD6, DRAGGED6, facts)];
  const withIpv6 = facts.interfaces.filter((one) =>
    one.addresses.some(({ address }) => isGlobalIpv6(address)),
  );
  const names = new Set([...config.wans.map((wan) => wan.interface), ...withIpv6.map(({ name }) => name)]);
  // Before the forwarding: that drops the default routes that were advertised to interfaces which do not listen.
  return [...keepListening(names, facts), forwarding(FORWARD6, DRAGGED6, facts)];
}

/**
 * For WANs that have come since the start, or were made anew, which takes their settings away.
 *
 * @param made what this run has changed: a host that forwarded before has its own ways
 */
export function listeningSteps(config: RouterConfig, facts: HostFacts, made: readonly SysctlUndo[]): Step[] {
  if (!config.nat || !made.some(({ name }) => name === FORWARD6)) return [];
  return keepListening(new Set(config.wans.map((wan) => wan.interface)), facts);
}

function keepListening(devices: ReadonlySet<string>, facts: HostFacts): Step[] {
  return [...devices].flatMap((device): Step[] => {
    const name = `net.ipv6.conf.${device.replaceAll('.', '/')}.accept_ra`;
    return facts.sysctls.get(name) === '1' ? [{ kind: 'sysctl', name, value: '2' }] : [];
  });
}

/** With those settings in tow that the kernel would not put back to what they are. */
function forwarding(
  name: string,
  dragged: readonly (readonly [pattern: string, value: string, without: string])[],
  facts: HostFacts,
): SysctlStep {
  const drags = [...facts.sysctls].flatMap(([other, before]) => {
    const found = dragged.find(([pattern]) => matches(pattern, other));
    return found && other !== name && before !== found[2] ? [{ name: other, value: found[1] }] : [];
  });
  return { kind: 'sysctl', name, value: '1', ...(drags.length > 0 && { drags }) };
}

/** `net.ipv4.conf.all.forwarding` is net.ipv4.ip_forward itself. */
function matches(pattern: string, name: string): boolean {
  const [start, end] = pattern.split('*');
  if (start === undefined || end === undefined) return pattern === name;
  return name.startsWith(start) && name.endsWith(end) && name !== `${start}all${end}`;
}

/** In 2000::/3, what the Internet has (RFC 4291 section 2.4 and IANA's assignments). */
function isGlobalIpv6(address: Address): boolean {
  return ((address[0] as number) & 0xe0) === 0x20;
}
