// What differs between two configs of a router.
import { formatAddress } from '../base/address.ts';
import { formatDuration, formatPercent, formatRate, formatVolume } from '../base/units.ts';
import { type ConfigDiff, diffSettings, diffTables, mergeDiffs, prefixList, type Setting } from './diff.ts';
import { secretText, SHARED_SETTINGS } from './diff-shared.ts';
import type { ConvertServerRef, RouterConfig, ServerHost } from './router.ts';
import type { WanConfig } from './wan.ts';

const hex = (value: number): string => `0x${value.toString(16)}`;

export const ROUTER_SETTINGS: readonly Setting<RouterConfig>[] = [
  { key: 'on-server-loss', of: (config) => config.onServerLoss },
  { key: 'nat', of: ({ nat }) => String(nat), needsRestart: true },
  { key: 'quic', of: ({ quic }) => quic },
  { key: 'unreachable-family', of: (config) => config.unreachableFamily },
  { key: 'state-dir', of: (config) => config.stateDir, needsRestart: true },
  { key: 'data-dir', of: (config) => config.dataDir, needsRestart: true },
  { key: 'lan.interfaces', of: ({ lan }) => lan.interfaces },
  // A far router in the path is no server that could be preferred or lost: other parts run for it.
  { key: 'server.transport', of: ({ servers }) => servers[0]?.transport, needsRestart: true },
  { key: 'redirect.method', of: ({ redirect }) => redirect.method, needsRestart: true },
  { key: 'redirect.port', of: ({ redirect }) => String(redirect.port), needsRestart: true },
  { key: 'redirect.bypass', of: ({ redirect }) => prefixList(redirect.bypass) },
  { key: 'redirect.bypass-ports', of: ({ redirect }) => redirect.bypassPorts.map(String) },
  { key: 'redirect.carry', of: ({ redirect }) => prefixList(redirect.carry) },
  { key: 'redirect.mark', of: ({ redirect }) => hex(redirect.mark), needsRestart: true },
  { key: 'redirect.mark-mask', of: ({ redirect }) => hex(redirect.markMask), needsRestart: true },
  { key: 'redirect.table', of: ({ redirect }) => String(redirect.table), needsRestart: true },
  { key: 'redirect.rule-priority', of: ({ redirect }) => String(redirect.rulePriority) },
  ...SHARED_SETTINGS,
  { key: 'relay.congestion', of: ({ relay }) => relay.congestion },
  {
    key: 'relay.hedge-delay',
    of: ({ relay }) => (relay.hedgeDelayMs === undefined ? 'auto' : formatDuration(relay.hedgeDelayMs)),
  },
  { key: 'relay.early-data-wait', of: ({ relay }) => formatDuration(relay.earlyDataWaitMs) },
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
export const SERVER_SETTINGS: readonly Setting<ConvertServerRef>[] = [
  { key: 'address', of: ({ hosts }) => hosts.map(hostText) },
  { key: 'mark', of: ({ mark }) => hex(mark) },
  { key: 'id', of: ({ id }) => id },
  { key: 'key-id', of: ({ keyId }) => String(keyId) },
  { key: 'foreign', of: ({ key }) => String(key === undefined) },
  { key: 'key', of: ({ key }) => key && secretText(key), isSecret: true },
];

export function diffRouterConfigs(before: RouterConfig, after: RouterConfig): ConfigDiff {
  return mergeDiffs([
    diffSettings(before, after, ROUTER_SETTINGS),
    diffTables('wan', before.wans, after.wans, ({ name }) => name, WAN_SETTINGS),
    diffTables('server', convert(before), convert(after), serverName, SERVER_SETTINGS),
  ]);
}

const convert = ({ servers }: RouterConfig): ConvertServerRef[] =>
  servers.filter((server) => server.transport === 'convert');

function serverName({ hosts, port }: ConvertServerRef): string {
  return `${hosts[0] === undefined ? '' : hostText(hosts[0])} port ${port}`;
}

const hostText = (host: ServerHost): string => (typeof host === 'string' ? host : formatAddress(host));
