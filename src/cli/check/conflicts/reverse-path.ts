// Reverse path filters: strict ones drop what comes in by any WAN but the one of the best route, so every WAN but one.
import { rpFilter } from '../../../plan/reverse-path.ts';
import { type Finding, ok, warn } from '../finding.ts';
import { arrayOf, asJson, baseChains, type Chain, describeChain, readRuleset } from '../nft/ruleset.ts';
import { type ConflictContext, isOwnTable } from './context.ts';
import { firewallKind } from './firewall-kind.ts';

const SUBJECT = 'rp_filter';

type ReadSysctl = (name: string) => string | undefined;

/** The larger of the two settings counts (ip-sysctl.rst): 1 is strict, 2 is loose. */
export function strictDevices(devices: readonly string[], sysctl: ReadSysctl): Set<string> {
  const level = (name: string): number => Number(sysctl(rpFilter(name)) ?? 0);
  return new Set(devices.filter((device) => Math.max(level('all'), level(device)) === 1));
}

export function reversePathFindings(context: ConflictContext): Finding[] {
  const { config, facts } = context;
  const strict = [
    ...strictDevices(
      config.wans.map((wan) => wan.interface),
      facts.sysctl,
    ),
  ];
  const findings = strict.map((device) =>
    warn(
      SUBJECT,
      `is strict on ${device}; wanbond makes it loose while it runs`,
      `Run \`sysctl -w ${rpFilter(device)}=2\` and write it to /etc/sysctl.d, so that no other program makes it strict again.`,
    ),
  );
  findings.push(...nftFilters(context));
  return findings.length > 0 ? findings : [ok(SUBJECT, 'not strict on any WAN')];
}

function nftFilters({ facts }: ConflictContext): Finding[] {
  const ruleset = readRuleset(facts.ruleset);
  const chains = [
    ...new Set(([4, 6] as const).flatMap((family) => baseChains(ruleset, 'filter', 'prerouting', family))),
  ];
  return chains
    .filter((chain) => !isOwnTable(chain.table) && dropsByPath(chain))
    .map((chain) => {
      const kind = firewallKind(ruleset, chain);
      const hint =
        kind === 'firewalld'
          ? 'Set IPv6_rpfilter=loose in /etc/firewalld/firewalld.conf and run `firewall-cmd --reload`.'
          : 'Leave ". iif" (or ". oif") out of that rule, or except the WANs from it.';
      return warn(SUBJECT, `is strict by nftables: ${describeChain(chain)}`, hint);
    });
}

/** `fib saddr . iif oif missing drop`: the address must have come by the very interface of its route. */
function dropsByPath({ rules }: Chain): boolean {
  return rules.some((statements) => {
    const isDropped = statements.some((one) => 'drop' in one);
    return isDropped && statements.some((one) => asksForInterface(asJson(one['match'])?.['left']));
  });
}

function asksForInterface(left: unknown): boolean {
  const flags = arrayOf(asJson(asJson(left)?.['fib'])?.['flags']);
  return flags.includes('saddr') && flags.includes('iif');
}
