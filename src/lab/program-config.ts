// The configs that the lab gives the real router and server programs, as TOML.
import { LAN, SERVER, type WanAddresses } from './addresses.ts';
import { type ConfigTable, isTable } from '../config/toml-writer.ts';

/** The port of RFC 8803's dissector, as in our own default. */
export const CONVERT_PORT = 5124;

export interface RouterConfigInput {
  readonly wans: readonly WanAddresses[];
  /** IPv4, IPv6 or both; the first is preferred. */
  readonly serverFamilies: readonly (4 | 6)[];
  readonly stateDir: string;
  readonly dataDir: string;
  /** Base64 of 32 bytes. */
  readonly key: string;
  readonly transport: string;
}

export function routerConfig(input: RouterConfigInput): ConfigTable {
  return {
    'on-server-loss': 'block',
    'state-dir': input.stateDir,
    'data-dir': input.dataDir,
    lan: { interfaces: [LAN.routerDevice] },
    server: {
      // An in-path far end has neither address nor key.
      ...(input.transport === 'direct'
        ? {}
        : {
            address: input.serverFamilies.map((family) => (family === 4 ? SERVER.address4 : SERVER.address6)),
            port: CONVERT_PORT,
          }),
      ...spoken(input).server,
      transport: input.transport,
    },
    wan: input.wans.map((wan) => ({ name: wan.name, interface: wan.device })),
    log: { format: 'json' },
  };
}

export interface ServerConfigInput {
  readonly stateDir: string;
  readonly key: string;
  readonly transport: string;
  /** Of the connections that an in-path gateway takes; for "direct". */
  readonly targetPorts?: readonly number[];
}

export function serverConfig(input: ServerConfigInput): ConfigTable {
  const listen =
    input.transport === 'direct'
      ? { transport: 'intercept', interfaces: [SERVER.device], ports: input.targetPorts ?? [] }
      : { transport: input.transport, port: CONVERT_PORT, ...spoken(input).listen };
  return {
    'state-dir': input.stateDir,
    listen: [listen],
    key: [{ id: 1, key: input.key }],
    log: { format: 'json' },
  };
}

const SHADOWSOCKS_METHOD = '2022-blake3-aes-128-gcm';
const SHADOWSOCKS_KEY_BYTES = 16;
const SOCKS_USER = 'lab';

/** What both ends have to know besides where the server is. */
function spoken({ transport, key }: { readonly transport: string; readonly key: string }): {
  readonly server: ConfigTable;
  readonly listen: ConfigTable;
} {
  if (transport === 'convert') return { server: { 'key-id': 1, key }, listen: {} };
  if (transport === 'socks5' || transport === 'socks6') {
    const login = { user: SOCKS_USER, password: key };
    return { server: login, listen: { user: [{ name: login.user, password: login.password }] } };
  }
  if (transport !== 'shadowsocks') return { server: {}, listen: {} };
  const password = Buffer.from(key, 'base64').subarray(0, SHADOWSOCKS_KEY_BYTES).toString('base64');
  const both = { method: SHADOWSOCKS_METHOD, password };
  return { server: both, listen: both };
}

/** Tables are merged; `undefined` removes a key; anything else replaces. */
export function mergeConfig(base: ConfigTable, overrides: ConfigTable): ConfigTable {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(overrides)) {
    const old = merged[key];
    if (value === undefined) delete merged[key];
    else merged[key] = isTable(old) && isTable(value) ? mergeConfig(old, value) : value;
  }
  return merged;
}
