// What differs between two configs of a router.
import { hex } from '../plan/step.ts';
import { formatAddress } from '../base/address.ts';
import { formatDuration, formatPercent, formatRate, formatVolume } from '../base/units.ts';
import { type ConfigDiff, diffSettings, diffTables, mergeDiffs, prefixList, type Setting } from './diff.ts';
import { secretText, SHARED_SETTINGS } from './diff-shared.ts';
import { hostText } from './host-field.ts';
import { type DialledServer, dialledServers, firstHostText, type RouterConfig } from './router.ts';
import type { ServerProtocol, SocksLogin } from './server-protocol.ts';
import type { WanConfig } from './wan.ts';

export const ROUTER_SETTINGS: readonly Setting<RouterConfig>[] = [
  { key: 'on-server-loss', of: (config) => config.onServerLoss },
  { key: 'nat', of: ({ nat }) => String(nat), needsRestart: true },
  { key: 'quic', of: ({ quic }) => quic },
  { key: 'unreachable-family', of: (config) => config.unreachableFamily },
  { key: 'state-dir', of: (config) => config.stateDir, needsRestart: true },
  { key: 'data-dir', of: (config) => config.dataDir, needsRestart: true },
  { key: 'lan.interfaces', of: ({ lan }) => lan.interfaces },
  // A far router in the path is no server that could be preferred or lost: other parts run for it.
  {
    key: 'server.transport',
    of: ({ servers }) => (servers[0]?.transport === 'direct' ? 'direct' : undefined),
    needsRestart: true,
  },
  { key: 'redirect.method', of: ({ redirect }) => redirect.method, needsRestart: true },
  { key: 'redirect.port', of: ({ redirect }) => String(redirect.port), needsRestart: true },
  { key: 'redirect.bypass', of: ({ redirect }) => prefixList(redirect.bypass) },
  { key: 'redirect.bypass-ports', of: ({ redirect }) => redirect.bypassPorts.map(String) },
  { key: 'redirect.carry', of: ({ redirect }) => prefixList(redirect.carry) },
  { key: 'redirect.mark', of: ({ redirect }) => hex(redirect.mark), needsRestart: true },
  { key: 'redirect.mark-mask', of: ({ redirect }) => hex(redirect.markMask), needsRestart: true },
  { key: 'redirect.table', of: ({ redirect }) => String(redirect.table), needsRestart: true },
  { key: 'redirect.rule-priority', of: ({ redirect }) => String(redirect.rulePriority) },
  { key: 'socks.port', of: ({ socks }) => socks && String(socks.port), needsRestart: true },
  // Its port is bound to them.
  {
    key: 'lan.interfaces of [socks]',
    of: ({ socks, lan }) => socks && lan.interfaces,
    needsRestart: true,
  },
  {
    key: 'socks.user',
    of: ({ socks }) => socks?.users?.map(({ name, password }) => JSON.stringify([name, password])),
    needsRestart: true,
    isSecret: true,
  },
  ...SHARED_SETTINGS,
  { key: 'relay.congestion', of: ({ relay }) => relay.congestion },
  {
    key: 'relay.hedge-delay',
    of: ({ relay }) => (relay.hedgeDelayMs === undefined ? 'auto' : formatDuration(relay.hedgeDelayMs)),
  },
  { key: 'relay.early-data-wait', of: ({ relay }) => formatDuration(relay.earlyDataWaitMs) },
  { key: 'relay.warm-upstreams', of: ({ relay }) => String(relay.warmUpstreams) },
];

export const WAN_SETTINGS: readonly Setting<WanConfig>[] = [
  { key: 'interface', of: (wan) => wan.interface },
  { key: 'source', of: ({ source }) => source?.map(formatAddress) },
  { key: 'tier', of: ({ tier }) => tier },
  { key: 'rate-down', of: ({ rateDownBps: bps }) => (bps === undefined ? undefined : formatRate(bps)) },
  { key: 'rate-up', of: ({ rateUpBps: bps }) => (bps === undefined ? undefined : formatRate(bps)) },
  { key: 'monthly-cap', of: ({ cap }) => cap && formatVolume(cap.bytes) },
  { key: 'cap-warn', of: ({ cap }) => cap && formatPercent(cap.warnRatio) },
  { key: 'cap-day', of: ({ capDay }) => String(capDay) },
  { key: 'past-cap', of: ({ cap }) => cap?.past },
];

/** Another first address or port is another server. */
export const SERVER_SETTINGS: readonly Setting<DialledServer>[] = [
  { key: 'transport', of: ({ transport }) => transport },
  { key: 'address', of: ({ hosts }) => hosts.map(hostText) },
  { key: 'mark', of: ({ mark }) => hex(mark) },
  { key: 'id', of: ({ protocol: one }) => (one.transport === 'convert' ? one.id : undefined) },
  {
    key: 'key-id',
    of: ({ protocol: one }) => (one.transport === 'convert' ? String(one.keyId) : undefined),
  },
  {
    key: 'foreign',
    of: ({ protocol: one }) => (one.transport === 'convert' ? String(one.key === undefined) : undefined),
  },
  {
    key: 'key',
    of: ({ protocol: one }) => (one.transport === 'convert' ? one.key && secretText(one.key) : undefined),
    isSecret: true,
  },
  { key: 'user', of: ({ protocol }) => loginOf(protocol)?.user },
  { key: 'method', of: ({ protocol }) => methodOf(protocol) },
  { key: 'password', of: ({ protocol }) => passwordOf(protocol), isSecret: true },
  { key: 'pipelined', of: ({ protocol: one }) => (one.transport === 'socks5' ? one.pipelined : undefined) },
];

function loginOf(protocol: ServerProtocol): SocksLogin | undefined {
  return 'login' in protocol ? protocol.login : undefined;
}

function methodOf(protocol: ServerProtocol): string | undefined {
  if (protocol.transport !== 'shadowsocks') return undefined;
  return protocol.cipher === 'none' ? 'none' : protocol.cipher.method.name;
}

function passwordOf(protocol: ServerProtocol): string | undefined {
  const login = loginOf(protocol);
  if (login) return secretText(Buffer.from(login.password));
  if (protocol.transport !== 'shadowsocks' || protocol.cipher === 'none') return undefined;
  return secretText(Buffer.concat(protocol.cipher.keys));
}

export function diffRouterConfigs(before: RouterConfig, after: RouterConfig): ConfigDiff {
  return mergeDiffs([
    diffSettings(before, after, ROUTER_SETTINGS),
    diffTables('wan', [before.wans, after.wans], { nameOf: ({ name }) => name, settings: WAN_SETTINGS }),
    diffTables('server', [dialledServers(before), dialledServers(after)], {
      nameOf: serverName,
      settings: SERVER_SETTINGS,
    }),
  ]);
}

function serverName(server: DialledServer): string {
  return `${firstHostText(server)} port ${server.port}`;
}
