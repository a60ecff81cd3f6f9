// From a router config and the host's interfaces to findings.
import { familyOf, formatAddress, parseAddress } from '../../base/address.ts';
import { type DialledServer, dialledServers, type RouterConfig } from '../../config/router.ts';
import type { WanConfig } from '../../config/wan.ts';
import type { HostFeatures, InterfaceFacts } from '../../linux/features.ts';
import { type KnownServer, upstreamFamilies } from '../../wan/servers/known-servers.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { interfaceFinding, missingInterface } from './interfaces.ts';

export function routerFindings(
  config: RouterConfig,
  servers: readonly KnownServer[],
  facts: HostFeatures,
): Finding[] {
  const { interfaces } = facts;
  if (interfaces === undefined) {
    return [fail('interfaces', 'cannot be listed', 'See what is said about `ip mptcp` above.')];
  }
  const findings = config.lan.interfaces.map((name) => interfaceFinding(`LAN ${name}`, name, interfaces));
  findings.push(...config.wans.map((wan) => uplink(wan, servers, interfaces)));
  if (config.wans.length < 2) {
    findings.push(warn('WANs', 'one only: there is nothing to bond', 'Add a second [[wan]].'));
  }
  if (config.relay.fastOpen && !dialledServers(config).some(isUsedWithFastOpen)) {
    const hint = 'Leave relay.fast-open out, or use a wanbond server with transport "convert" and a key.';
    findings.push(warn('TCP Fast Open', 'no server of this config is used with it', hint));
  }
  return findings;
}

/** A flow has to be able to go on when its SYN does not get through. */
const isUsedWithFastOpen = ({ protocol }: DialledServer): boolean =>
  protocol.transport === 'convert' && protocol.key !== undefined;

function uplink(
  wan: WanConfig,
  servers: readonly KnownServer[],
  interfaces: readonly InterfaceFacts[],
): Finding {
  const subject = `WAN ${wan.name}`;
  const found = interfaces.find((one) => one.name === wan.interface);
  if (!found) return missingInterface(subject, wan.interface, interfaces);
  if (!found.isUp)
    return warn(subject, `${wan.interface} is down`, `Run \`ip link set ${wan.interface} up\`.`);
  const strange = (wan.source ?? []).map(formatAddress).filter((text) => !hasAddress(found, text));
  if (strange.length > 0) {
    const hint = 'Correct `source`, or leave it out to use the addresses of the interface.';
    return fail(subject, `${wan.interface} has no address ${strange.join(', ')}`, hint);
  }
  const own = wan.source?.map(formatAddress) ?? found.addresses;
  if (own.length === 0) {
    return warn(
      subject,
      `${wan.interface} has no address`,
      'Wait for its address, or check its DHCP or PPP.',
    );
  }
  const families = upstreamFamilies(servers);
  if (!own.some((text) => families.includes(familyOf(parseAddress(text))))) {
    const names = families.map((family) => `IPv${family}`).join(' and ');
    const hint = `Give the WAN an ${names} address, or the server another address in server.address.`;
    return fail(subject, `has no ${names} address, and the server has no other`, hint);
  }
  return ok(subject, `${wan.interface}: ${own.join(', ')}`);
}

function hasAddress(found: InterfaceFacts, text: string): boolean {
  return found.addresses.some((own) => formatAddress(parseAddress(own)) === text);
}
