// Forwarding and NAT: without them nothing passes that wanbond does not carry, and nothing at all while it does not run.
import { familyOf } from '../../../base/address.ts';
import { isPrivate } from '../../../base/private-address.ts';
import { type Finding, ok, warn } from '../finding.ts';
import { readRuleset } from '../nft/ruleset.ts';
import { walkHook } from '../nft/walk.ts';
import { type ConflictContext, subnetsOf } from './context.ts';
import { firewallKind } from './firewall-kind.ts';
import { webServer } from './sample-packet.ts';

const SUBJECT = 'forwarding';
const BY_US = 'by wanbond (nat = true)';
const WHY =
  'what is not carried (UDP, ICMP, bypassed targets) does not pass, nor anything while wanbond is stopped';

export function forwardingFindings(context: ConflictContext): Finding[] {
  const { config, facts } = context;
  if (config.nat) return [ok(SUBJECT, BY_US)];
  const wanted = [
    { family: 4, name: 'net.ipv4.ip_forward' },
    { family: 6, name: 'net.ipv6.conf.all.forwarding' },
  ] as const;
  const off = wanted.filter(
    ({ family, name }) =>
      facts.sysctl(name) === '0' &&
      config.lan.interfaces.some((one) => subnetsOf(context, one, family).length > 0),
  );
  if (off.length === 0) return [ok(SUBJECT, 'on')];
  return off.map(({ family, name }) =>
    warn(
      SUBJECT,
      `is off for IPv${family}: ${WHY}`,
      `Run \`sysctl -w ${name}=1\` and write it to /etc/sysctl.d, or set nat = true.`,
    ),
  );
}

/** IPv4 only: a site's IPv6 addresses are its own. */
export function natFindings(context: ConflictContext): Finding[] {
  const { config, facts, wans } = context;
  if (config.nat) return [ok('NAT', BY_US)];
  const [lan] = config.lan.interfaces.flatMap((name) =>
    subnetsOf(context, name, 4).map((subnet) => ({ name, subnet })),
  );
  // Public addresses in the LAN need no translation.
  if (!lan || !isPrivate(lan.subnet.address) || facts.ruleset === undefined) return [];
  const ruleset = readRuleset(facts.ruleset);
  const withIpv4 = wans.filter(({ sources }) => sources.some((source) => familyOf(source) === 4));
  const missing = withIpv4.filter((wan) => {
    const packet = { ...webServer(4, lan.name, lan.subnet), oifname: wan.interface };
    const walks = walkHook(ruleset, 'nat', 'postrouting', packet);
    return !walks.some(({ ends }) => ends.some(({ kind }) => kind === 'nat'));
  });
  if (missing.length === 0) return [ok('NAT', withIpv4.map(({ name }) => name).join(', ') || 'no IPv4 WAN')];
  if (facts.legacyTables.includes('nat')) {
    const hint = 'Look at `iptables-legacy -t nat -S POSTROUTING`: it should masquerade on every WAN.';
    return [warn('NAT', 'cannot be told: the rules are those of iptables-legacy', hint)];
  }
  return missing.map((wan) =>
    warn(
      'NAT',
      `no rule translates what leaves by ${wan.name} (${wan.interface}): the provider drops the addresses of the LAN`,
      `Set nat = true, or ${ownNat(context, wan.interface)}.`,
    ),
  );
}

function ownNat({ facts }: ConflictContext, device: string): string {
  switch (firewallKind(readRuleset(facts.ruleset))) {
    case 'fw4':
      return `set masq to 1 in the firewall zone of ${device}`;
    case 'firewalld':
      return `run \`firewall-cmd --permanent --zone=external --change-interface=${device}\` and \`firewall-cmd --reload\``;
    case 'iptables':
    case 'ufw':
      return `run \`iptables -t nat -A POSTROUTING -o ${device} -j MASQUERADE\``;
    default:
      return `run \`nft 'table ip nat { chain postrouting { type nat hook postrouting priority srcnat; oifname "${device}" masquerade; }; }'\``;
  }
}
