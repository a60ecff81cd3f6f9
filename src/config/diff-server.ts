// What differs between two configs of a server.
import { hex } from '../plan/step.ts';
import { formatAddress } from '../base/address.ts';
import type { Prefix } from '../base/prefix.ts';
import { type ConfigDiff, diffSettings, diffTables, mergeDiffs, prefixList, type Setting } from './diff.ts';
import { secretText, SHARED_SETTINGS } from './diff-shared.ts';
import type { InterceptConfig } from './intercept.ts';
import type { KeyConfig, ListenConfig, ServerConfig } from './server.ts';

export const SERVER_ROLE_SETTINGS: readonly Setting<ServerConfig>[] = [
  { key: 'id', of: ({ id }) => id, needsRestart: true },
  { key: 'state-dir', of: (config) => config.stateDir, needsRestart: true },
  {
    key: 'listen',
    of: ({ listens }) =>
      listens.flatMap(({ addresses, port }) => addresses.map((one) => `${formatAddress(one)} port ${port}`)),
    needsRestart: true,
  },
  {
    key: 'listen.transport',
    of: ({ listens, intercepts }) =>
      [...listens.map(({ protocol }) => protocol.transport), ...intercepts.map(() => 'intercept')].join(', '),
    needsRestart: true,
  },
  {
    key: 'listen.foreign-clients',
    of: ({ listens }) => prefixList(listens.flatMap(foreignClients)),
    needsRestart: true,
  },
  { key: 'listen.method', of: ({ listens }) => listens.flatMap(methodOf), needsRestart: true },
  {
    key: 'listen.password',
    of: ({ listens }) => listens.flatMap(sharedKeyOf),
    needsRestart: true,
    isSecret: true,
  },
  { key: 'listen.user', of: ({ listens }) => listens.flatMap(usersOf), needsRestart: true, isSecret: true },
  ...interceptSettings({
    interfaces: ({ interfaces }) => interfaces.join(' '),
    ports: ({ ports }) => ports.join(' '),
    targets: ({ targets }) => prefixList(targets).join(' '),
    'preserve-source': ({ isSourcePreserved }) => String(isSourcePreserved),
    'target-interfaces': ({ targetInterfaces }) => targetInterfaces.join(' '),
  }),
  { key: 'intercept.mark', of: ({ interceptMark: { mark } }) => hex(mark), needsRestart: true },
  {
    key: 'intercept.mark-mask',
    of: ({ interceptMark: { markMask } }) => hex(markMask),
    needsRestart: true,
  },
  { key: 'intercept.table', of: ({ interceptMark: { table } }) => String(table), needsRestart: true },
  {
    key: 'intercept.rule-priority',
    of: ({ interceptMark: { rulePriority } }) => String(rulePriority),
    needsRestart: true,
  },
  { key: 'egress.allow', of: ({ egress }) => prefixList(egress.allow) },
  { key: 'egress.deny', of: ({ egress }) => prefixList(egress.deny) },
  ...SHARED_SETTINGS,
  // The listening sockets have it from their beginning.
  { key: 'relay.congestion', of: ({ relay }) => relay.congestion, needsRestart: true },
  {
    key: 'relay.max-unauthenticated-per-address',
    of: ({ relay }) => String(relay.maxUnauthenticatedPerAddress),
  },
];

function foreignClients({ protocol }: ListenConfig): readonly Prefix[] {
  return protocol.transport === 'convert' ? protocol.foreignClients : [];
}

function interceptSettings(
  keys: Readonly<Record<string, (intercept: InterceptConfig) => string>>,
): Setting<ServerConfig>[] {
  return Object.entries(keys).map(([key, of]) => ({
    key: `listen.${key}`,
    of: ({ intercepts }) => intercepts.map(of).join(', '),
    needsRestart: true,
  }));
}

function methodOf({ protocol }: ListenConfig): string[] {
  return protocol.transport === 'shadowsocks' ? [protocol.method.name] : [];
}

function sharedKeyOf({ protocol }: ListenConfig): string[] {
  if (protocol.transport !== 'shadowsocks') return [];
  return [secretText(protocol.identityKey ?? protocol.users[0].key)];
}

function usersOf({ protocol }: ListenConfig): string[] {
  if (protocol.transport === 'convert') return [];
  return (protocol.users ?? []).map((user) =>
    JSON.stringify([user.name, 'key' in user ? secretText(user.key) : user.password]),
  );
}

export const KEY_SETTINGS: readonly Setting<KeyConfig>[] = [
  { key: 'name', of: ({ name }) => name },
  { key: 'key', of: ({ key }) => secretText(key), isSecret: true },
  { key: 'egress-allow', of: ({ egressAllow }) => prefixList(egressAllow) },
];

export function diffServerConfigs(before: ServerConfig, after: ServerConfig): ConfigDiff {
  return mergeDiffs([
    diffSettings(before, after, SERVER_ROLE_SETTINGS),
    diffTables('key', [before.keys, after.keys], { nameOf: ({ id }) => String(id), settings: KEY_SETTINGS }),
  ]);
}
