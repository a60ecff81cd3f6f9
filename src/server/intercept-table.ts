// The nftables table of an in-path gateway, as text. It is an owner table: without the daemon, what is routed through this
// host passes untouched. In which order its rules have to stand, and why, is told in router/redirect/redirect-table.
import type { Family } from '../base/address.ts';
import type { InterceptConfig } from '../config/intercept.ts';
import type { MarkedTraffic } from '../plan/marked-traffic.ts';
import { divert, nameSet, OPENING, prefixTexts, renderSet, tproxyTo } from '../plan/nft-text.ts';

export const INTERCEPT_TABLE = 'wanbond_intercept';

const FAMILIES: readonly Family[] = [4, 6];

export function renderInterceptTable(intercepts: readonly InterceptConfig[], traffic: MarkedTraffic): string {
  const limited = intercepts.flatMap(({ targets }, index) =>
    targets.length > 0 ? [{ targets, index }] : [],
  );
  return `table inet ${INTERCEPT_TABLE} {
  flags owner
${limited
  .flatMap(({ targets, index }) =>
    FAMILIES.map((family) => renderSet(setName(index, family), family, prefixTexts(targets, family))),
  )
  .join('')}  chain prerouting {
    type filter hook prerouting priority mangle; policy accept;
    ${divert(traffic.devices, traffic)}
    meta l4proto != tcp return
    fib daddr type { local, broadcast, anycast, multicast } return
    ct direction reply accept
    goto take
  }
  chain take {
${intercepts
  .flatMap((one, index) => FAMILIES.map((family) => `    ${takeRule(one, index, family, traffic)}\n`))
  .join('')}  }
}
`;
}

/** New connections pass untouched from here on; those that are taken keep the subflows that they have. */
export function renderInterceptStop(): string {
  return `flush chain inet ${INTERCEPT_TABLE} take\n`;
}

// Each port has a listener on the same number: on any other the kernel would refuse all further subflows
// (MPTcpExtMismatchPortSynRx).
function takeRule(
  { interfaces, ports, targets }: InterceptConfig,
  index: number,
  family: Family,
  traffic: MarkedTraffic,
): string {
  return [
    `meta nfproto ipv${family} iifname ${nameSet(interfaces)}`,
    ...(targets.length > 0 ? [`${family === 4 ? 'ip' : 'ip6'} daddr @${setName(index, family)}`] : []),
    `tcp dport { ${ports.join(', ')} } ${OPENING}`,
    tproxyTo(family, undefined, traffic),
  ].join(' ');
}

const setName = (index: number, family: Family): string => `targets${index}_v${family}`;
