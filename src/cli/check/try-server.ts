// Tries the server of a router config over each WAN that has an address now.
import type { RouterConfig } from '../../config/router.ts';
import { readHostFacts } from '../../linux/host-facts.ts';
import { readSysctl } from '../../linux/sysctl.ts';
import { findReadyWans } from '../../router/router-plan.ts';
import { checkServer, waysTo } from '../../wan/server-check.ts';
import type { Finding } from './finding.ts';
import { strictDevices } from './conflicts/reverse-path.ts';
import { upstreamFindings } from './upstream.ts';

/** No findings without a server to ask, or without a WAN: `check` says the latter by itself. */
export function tryServer(config: RouterConfig): Finding[] {
  const { server } = config;
  if (server.transport === 'direct') return [];
  const addresses = server.addresses.map((address) => ({ address, port: server.port }));
  const wans = findReadyWans(config, readHostFacts([], undefined));
  const ways = waysTo(wans, addresses);
  if (ways.length === 0) return [];
  const results = checkServer(ways, { serverId: server.id, keyId: server.keyId, key: server.key });
  const devices = config.wans.map((wan) => wan.interface);
  return upstreamFindings(results, { server, strictDevices: strictDevices(devices, readSysctl) });
}
