// The servers of the config together with the addresses that their names have now.
import {
  type Address,
  type Family,
  familyOf,
  type SocketAddress,
  uniqueAddresses,
} from '../../base/address.ts';
import { type DialledServer, dialledServers, firstHostText, type RouterConfig } from '../../config/router.ts';

/** By name: what it stood for when it was last looked up with success. */
export type NameAnswers = ReadonlyMap<string, readonly Address[]>;

export interface KnownServer extends DialledServer {
  /** For log and status: the first host as the config has it, with the port where another server has the same. */
  readonly label: string;
  /** The first is preferred; empty as long as none of its names was found. */
  readonly addresses: readonly Address[];
  /** Of SOCKS 5: as a trial showed; undefined before. */
  readonly takesPipelined?: boolean | undefined;
}

/** In order of preference; none with the transport `direct`. */
export function knownServers(config: RouterConfig, answers: NameAnswers): KnownServer[] {
  const servers = dialledServers(config);
  return servers.map((server) => {
    const all = server.hosts.flatMap((host) =>
      typeof host === 'string' ? (answers.get(host) ?? []) : [host],
    );
    return { ...server, label: labelOf(server, servers), addresses: uniqueAddresses(all) };
  });
}

function labelOf(server: DialledServer, all: readonly DialledServer[]): string {
  const host = firstHostText(server);
  const isAlone = all.filter((other) => firstHostText(other) === host).length === 1;
  return isAlone ? host : `${host} port ${server.port}`;
}

/** The names that have to be looked up. */
export function serverNames(config: RouterConfig): string[] {
  const hosts = dialledServers(config).flatMap((server) => server.hosts);
  return [...new Set(hosts.filter((host) => typeof host === 'string'))];
}

export function destinationsOf({ addresses, port }: KnownServer): SocketAddress[] {
  return addresses.map((address) => ({ address, port }));
}

/** Families in which upstreams can be opened: those of the servers, or both while nothing is known of them. */
export function upstreamFamilies(servers: readonly KnownServer[]): Family[] {
  const families = [...new Set(servers.flatMap(({ addresses }) => addresses.map(familyOf)))];
  return families.length > 0 ? families.toSorted((a, b) => a - b) : [4, 6];
}
