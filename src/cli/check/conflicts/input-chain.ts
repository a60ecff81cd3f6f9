// Whether the firewall lets in what is on its way to the relay. TPROXYed packets go through the input hook although
// they are for somebody else, so a firewall that protects the router itself drops them, and an accept of ours in
// another table does not help.
import { hex } from '../../../plan/step.ts';
import { type Finding, fail, ok, warn } from '../finding.ts';
import type { Packet } from '../nft/packet.ts';
import { type Chain, describeChain, readRuleset, type Ruleset } from '../nft/ruleset.ts';
import { type End, walkHook } from '../nft/walk.ts';
import { type ConflictContext, isOwnTable, markText, subnetsOf } from './context.ts';
import { firewallKind } from './firewall-kind.ts';
import { webServer } from './sample-packet.ts';

const SUBJECT = 'input chain';

interface Verdict {
  readonly chain: Chain;
  readonly packet: Packet;
  readonly drop: End;
  /** Not only perhaps. */
  readonly isCertain: boolean;
}

export function inputFindings(context: ConflictContext): Finding[] {
  const { facts } = context;
  if (facts.ruleset === undefined) {
    return [warn(SUBJECT, 'nftables cannot be asked what it drops', 'Run this check as root.')];
  }
  const ruleset = readRuleset(facts.ruleset);
  const verdicts = packets(context).flatMap((packet) => drops(ruleset, packet));
  if (verdicts.length > 0) {
    const chains = [...new Set(verdicts.map(({ chain }) => chain))];
    return chains.flatMap((chain) =>
      finding(
        context,
        ruleset,
        verdicts.filter((one) => one.chain === chain),
      ),
    );
  }
  if (facts.legacyTables.includes('filter')) {
    const hint = `Look at \`iptables-legacy -S INPUT\`; if it drops, run \`iptables-legacy -I INPUT ${iptablesRule(context)}\`.`;
    return [warn(SUBJECT, 'there are rules of iptables-legacy, which cannot be looked into', hint)];
  }
  return [ok(SUBJECT, 'lets carried flows in')];
}

function packets(context: ConflictContext): Packet[] {
  const { config, method } = context;
  return config.lan.interfaces.flatMap((device) =>
    ([4, 6] as const).flatMap((family): Packet[] => {
      const [source] = subnetsOf(context, device, family);
      if (!source) return [];
      const packet = webServer(family, device, source);
      if (method === 'tproxy') return [{ ...packet, mark: config.redirect.mark, isTransparent: true }];
      const local = { targetPort: config.redirect.port, targetType: 'local', ctStatus: ['dnat'] } as const;
      return [{ ...packet, ...local, target: undefined, mark: 0 }];
    }),
  );
}

function drops(ruleset: Ruleset, packet: Packet): Verdict[] {
  const foreign = walkHook(ruleset, 'filter', 'input', packet).filter(
    ({ chain }) => !isOwnTable(chain.table),
  );
  return foreign.flatMap(({ chain, ends }): Verdict[] => {
    const isCertain = ends.every(({ kind }) => kind === 'drop');
    // The last word when nothing else is left; a rate limit before it is not the reason.
    const isDrop = ({ kind }: End): boolean => kind === 'drop';
    const drop = isCertain ? ends.at(-1) : ends.find(isDrop);
    return drop ? [{ chain, packet, drop, isCertain }] : [];
  });
}

function finding(context: ConflictContext, ruleset: Ruleset, verdicts: readonly Verdict[]): Finding[] {
  const worst = verdicts.find(({ isCertain }) => isCertain) ?? verdicts[0];
  if (!worst) return [];
  const { chain, drop, isCertain } = worst;
  const families = [...new Set(verdicts.map(({ packet }) => `IPv${packet.family}`))].join(' and ');
  const what = `${isCertain ? 'drops' : 'may drop'} carried flows from ${worst.packet.iifname}`;
  const place = drop.where.startsWith(describeChain(chain)) ? '' : ` (from chain ${chain.name})`;
  const text = `${what}, ${families}: ${drop.where}${place}`;
  return [(isCertain ? fail : warn)(SUBJECT, text, advice(context, ruleset, worst))];
}

function advice(context: ConflictContext, ruleset: Ruleset, { chain, packet }: Verdict): string {
  const rule = nftRule(context);
  switch (firewallKind(ruleset, chain)) {
    case 'fw4':
      return `Write the line "${rule}" into /usr/share/nftables.d/chain-pre/input/wanbond.nft and run \`fw4 reload\`; or set input to ACCEPT in the zone of ${packet.iifname}.`;
    case 'firewalld':
      return `Run \`firewall-cmd --permanent --zone=trusted --change-interface=${packet.iifname}\` and \`firewall-cmd --reload\`.`;
    case 'ufw':
      return `Put "-A ufw-before-input ${iptablesRule(context)}" before the other rules in /etc/ufw/before.rules, the same with ufw6-before-input in /etc/ufw/before6.rules, and run \`ufw reload\`.`;
    case 'iptables':
      return `Run \`iptables -I INPUT ${iptablesRule(context)}\`, the same with ip6tables, and keep both where the other rules are kept.`;
    default:
      return `Run \`nft insert rule ${chain.family} ${chain.table} ${chain.name} ${rule}\` and keep it where that chain comes from (/etc/nftables.conf).`;
  }
}

function nftRule({ config: { redirect }, method }: ConflictContext): string {
  return method === 'tproxy'
    ? // The word, not the sign: it has to survive a shell.
      `meta mark and ${hex(redirect.markMask)} == ${hex(redirect.mark)} accept`
    : `tcp dport ${redirect.port} ct status dnat accept`;
}

function iptablesRule(context: ConflictContext): string {
  return context.method === 'tproxy'
    ? `-m mark --mark ${markText(context)} -j ACCEPT`
    : `-p tcp --dport ${context.config.redirect.port} -m conntrack --ctstate DNAT -j ACCEPT`;
}
