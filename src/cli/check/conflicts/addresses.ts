// Addresses that collide: two WANs with the same address or subnet, or one that is the LAN's.
import { type Address, familyOf, formatAddress, sameAddress } from '../../../base/address.ts';
import { formatPrefix, type Prefix, prefixContains } from '../../../base/prefix.ts';
import { arpIgnore } from '../../../router/plan/shared-subnet.ts';
import { type Finding, fail, ok, warn } from '../finding.ts';
import { type ConflictContext, subnetsOf } from './context.ts';

const SUBJECT = 'addresses';

interface Side {
  /** As a person calls it. */
  readonly label: string;
  readonly device: string;
  readonly sources: readonly Address[];
  readonly subnets: readonly Prefix[];
}

export function addressFindings(context: ConflictContext): Finding[] {
  const { config, wans } = context;
  const side = (label: string, device: string, sources: readonly Address[]): Side => ({
    label,
    device,
    sources,
    subnets: ([4, 6] as const).flatMap((family) => subnetsOf(context, device, family)),
  });
  const uplinks = wans.map((wan) => side(wan.name, wan.interface, wan.sources));
  const lans = config.lan.interfaces.map((name) => side(`the LAN (${name})`, name, []));
  const findings = pairs(uplinks).flatMap(([a, b]): Finding[] => {
    const shared = a.sources.find((one) => b.sources.some((other) => sameAddress(one, other)));
    if (shared) {
      const hint = `Change the network of one of the two modems: with one address for both, only one of them can be used.`;
      return [
        fail(SUBJECT, `${a.label} and ${b.label} have the same address ${formatAddress(shared)}`, hint),
      ];
    }
    const subnet = overlap(a, b);
    return subnet ? sameSubnet(a, b, subnet, context) : [];
  });
  for (const lan of lans) {
    for (const wan of uplinks) {
      const subnet = overlap(lan, wan);
      if (!subnet) continue;
      const hint = `Change the network of the LAN or of the modem behind ${wan.device}.`;
      findings.push(
        fail(SUBJECT, `${lan.label} and ${wan.label} have the same subnet ${formatPrefix(subnet)}`, hint),
      );
    }
  }
  return findings.length > 0 ? findings : [ok(SUBJECT, 'no two interfaces share a subnet')];
}

/** The daemon lets each IPv4 WAN answer for its own addresses only; then, or by the operator, all is well. */
function sameSubnet(a: Side, b: Side, subnet: Prefix, { facts }: ConflictContext): Finding[] {
  const text = `${a.label} and ${b.label} have the same subnet ${formatPrefix(subnet)}`;
  if (familyOf(subnet.address) === 6) {
    return [warn(SUBJECT, text, 'Let the two modems hand out different prefixes.')];
  }
  const isSet = (device: string): boolean => facts.sysctl(arpIgnore(device)) !== '0';
  if (isSet('all') || (isSet(a.device) && isSet(b.device))) return [];
  return [
    warn(
      SUBJECT,
      `${text}: either may answer for the other, except while wanbond runs`,
      `Change the network of one of the two modems, or run \`sysctl -w ${arpIgnore('all')}=1\` and write it to /etc/sysctl.d.`,
    ),
  ];
}

/** The smaller of two subnets of which one lies in the other. Single addresses (PPP) overlap with nothing. */
function overlap(a: Side, b: Side): Prefix | undefined {
  for (const one of a.subnets) {
    for (const other of b.subnets) {
      if (one.bits === 128 || other.bits === 128) continue;
      const [wide, narrow] = one.bits <= other.bits ? [one, other] : [other, one];
      if (prefixContains(wide, narrow.address)) return narrow;
    }
  }
  return undefined;
}

function pairs<T>(list: readonly T[]): [T, T][] {
  return list.flatMap((a, i) => list.slice(i + 1).map((b): [T, T] => [a, b]));
}
