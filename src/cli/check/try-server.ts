// Tries the servers of a router config over each WAN that has an address now.
import type { RouterConfig } from '../../config/router.ts';
import { readSysctl } from '../../linux/sysctl.ts';
import { readReadyWans } from '../../router/wans/ready-wans.ts';
import { destinationsOf, type KnownServer, upstreamFamilies } from '../../wan/servers/known-servers.ts';
import { checkServer, pathsTo } from '../../wan/tries/server-check.ts';
import { type Finding, fail } from './finding.ts';
import { strictDevices } from './conflicts/reverse-path.ts';
import { upstreamFindings } from './upstream.ts';

/** No findings without a server to ask, or without a WAN: `check` says the latter by itself. */
export function tryServers(config: RouterConfig, servers: readonly KnownServer[]): Finding[] {
  const wans = readReadyWans(config, upstreamFamilies(servers));
  const devices = config.wans.map((wan) => wan.interface);
  return servers.flatMap((server) => {
    if (server.addresses.length === 0) return [unknownName(server)];
    const paths = pathsTo(wans, destinationsOf(server));
    if (paths.length === 0) return [];
    const results = checkServer(paths, server.protocol);
    return upstreamFindings(results, { server, strictDevices: strictDevices(devices, readSysctl) });
  });
}

function unknownName({ hosts }: KnownServer): Finding {
  const names = hosts.filter((host) => typeof host === 'string').join(', ');
  return fail(
    'server',
    `its name has no address: ${names}`,
    'Check the spelling in server.address and the resolver of this host (/etc/resolv.conf); an IP address works without one.',
  );
}
