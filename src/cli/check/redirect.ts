// Whether the kernel can bring LAN traffic to the relay: libnftables, nft tproxy and nft socket, or redirect.
import type { HostFeatures } from '../../linux/features.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import type { Needs } from './needs.ts';

const TPROXY_HINT = 'Load nft_tproxy (Debian: in the standard kernel, OpenWrt: kmod-nft-tproxy).';
const SOCKET_HINT = 'Load nft_socket (Debian: in the standard kernel, OpenWrt: kmod-nft-socket).';

export function redirectFindings(facts: HostFeatures, needs: Needs): Finding[] {
  const must = needs.isRouter || needs.isGateway ? fail : warn;
  const findings: Finding[] = [];
  if (facts.libnftablesError === undefined) findings.push(ok('libnftables', 'loads'));
  else {
    const hint = 'Install it: Debian package libnftables1, OpenWrt package nftables-json.';
    return [must('libnftables', facts.libnftablesError, hint)];
  }
  const { hasTproxy, hasSocket, hasRedirect } = facts.nft;
  if (hasTproxy === undefined || hasSocket === undefined || hasRedirect === undefined) {
    const hint = 'Run this check as root.';
    return [...findings, warn('nft tproxy', 'cannot be told without CAP_NET_ADMIN', hint)];
  }
  if (needs.redirectMethod === 'redirect') {
    findings.push(hasRedirect ? ok('nft redirect', 'works') : noRedirect(must));
    return findings;
  }
  // With "auto" the fallback is redirect: worse, but a router all the same.
  const level = needs.redirectMethod === 'auto' && hasRedirect ? warn : must;
  const fallback = level === warn && needs.isRouter ? '; redirect will be used instead' : '';
  findings.push(
    hasTproxy
      ? ok('nft tproxy', 'works')
      : level('nft tproxy', `this kernel has none${fallback}`, TPROXY_HINT),
    hasSocket
      ? ok('nft socket', 'works')
      : level('nft socket', `this kernel has none${fallback}`, SOCKET_HINT),
  );
  return findings;
}

function noRedirect(must: typeof fail): Finding {
  return must('nft redirect', 'this kernel has none', 'Load nft_redir, or set redirect.method to "tproxy".');
}
