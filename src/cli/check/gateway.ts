// From the "intercept" listeners of a server config and the host's facts to findings.
import type { InterceptConfig } from '../../config/intercept.ts';
import { CAP_NET_BIND_SERVICE, type HostFeatures, hasCapability } from '../../linux/features.ts';
import { type Finding, fail, ok } from './finding.ts';
import { interfaceFinding } from './interfaces.ts';

export function gatewayFindings(intercepts: readonly InterceptConfig[], facts: HostFeatures): Finding[] {
  if (intercepts.length === 0) return [];
  const names = intercepts.flatMap((one) => [...one.interfaces, ...one.targetInterfaces]);
  const { interfaces = [] } = facts;
  return [
    forwarding(facts),
    ...[...new Set(names)].map((name) => interfaceFinding(`intercept ${name}`, name, interfaces)),
    ...ports(intercepts, facts),
  ];
}

/** Nothing is routed through a host that does not route. */
function forwarding({ isForwarding: { v4, v6 } }: HostFeatures): Finding {
  const families = [...(v4 ? ['IPv4'] : []), ...(v6 ? ['IPv6'] : [])];
  if (families.length > 0) return ok('forwarding', families.join(', '));
  const hint =
    'Run `sysctl -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1`, and keep it in /etc/sysctl.d.';
  return fail('forwarding', 'this host routes nothing, so there is nothing to intercept', hint);
}

function ports(intercepts: readonly InterceptConfig[], facts: HostFeatures): Finding[] {
  const low = intercepts
    .flatMap((one) => one.ports)
    .filter((port) => port < (facts.unprivilegedPortStart ?? 1024));
  if (low.length === 0 || hasCapability(facts.capabilities, CAP_NET_BIND_SERVICE)) return [];
  const hint = 'Run as root, or give the server CAP_NET_BIND_SERVICE too.';
  return [fail('intercept ports', `this user may not listen on ${low.join(', ')}`, hint)];
}
