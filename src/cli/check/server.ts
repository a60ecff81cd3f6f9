// From a server config and the host's facts to findings.
import { formatAddress, formatSocketAddress, parseAddress } from '../../base/address.ts';
import { formatPrefix } from '../../base/prefix.ts';
import type { ListenProtocol } from '../../config/listen-protocol.ts';
import type { ServerConfig } from '../../config/server.ts';
import { CAP_NET_BIND_SERVICE, type HostFeatures, hasCapability } from '../../linux/features.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { gatewayFindings } from './gateway.ts';

const LOOPBACK = new Set(['127.0.0.1', '::1']);
const ANYWHERE = new Set(['0.0.0.0', '::', ...LOOPBACK]);

export function serverFindings(config: ServerConfig, facts: HostFeatures): Finding[] {
  const listens = config.listens.flatMap(({ addresses, port, protocol }) =>
    addresses.map((address) => {
      const subject = `listen ${formatSocketAddress({ address, port })}`;
      const isLow = port < (facts.unprivilegedPortStart ?? 1024);
      if (isLow && !hasCapability(facts.capabilities, CAP_NET_BIND_SERVICE)) {
        const hint = 'Run as root, give the server CAP_NET_BIND_SERVICE, or choose a port from 1024.';
        return fail(subject, 'this user may not listen on this port', hint);
      }
      const text = formatAddress(address);
      const own = facts.interfaces?.flatMap((one) =>
        one.addresses.map((a) => formatAddress(parseAddress(a))),
      );
      if (own && !ANYWHERE.has(text) && !own.includes(text)) {
        return fail(
          subject,
          `this host has no address ${text}`,
          'Correct it, or listen on "0.0.0.0" and "::".',
        );
      }
      if (!asksWho(protocol) && !LOOPBACK.has(text)) {
        return warn(
          subject,
          'whoever reaches this address may use the server, and many cloud hosts are reached from the Internet by a private address',
          'Add user = [{ name = "...", password = "..." }], or let a firewall admit those who shall use it.',
        );
      }
      const foreign = protocol.transport === 'convert' ? protocol.foreignClients : [];
      const clients = foreign.map(formatPrefix).join(', ');
      return ok(subject, clients ? `may be used, from ${clients} without a key` : 'may be used');
    }),
  );
  return [...listens, ...gatewayFindings(config.intercepts, facts)];
}

function asksWho(protocol: ListenProtocol): boolean {
  const isSocks = protocol.transport === 'socks5' || protocol.transport === 'socks6';
  return !isSocks || protocol.users !== undefined;
}
