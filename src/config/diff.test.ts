import { expect, test } from 'vitest';
import type * as z from 'zod';
import { diffRouterConfigs, ROUTER_SETTINGS, SERVER_SETTINGS, WAN_SETTINGS } from './diff-router.ts';
import { diffServerConfigs, KEY_SETTINGS, SERVER_ROLE_SETTINGS } from './diff-server.ts';
import { parseRouterConfig, parseServerConfig } from './load.ts';
import { routerSchema } from './router.ts';
import { childSchema, isList, keysOf } from './schema-walk.ts';
import { serverSchema } from './server.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
const OTHER_KEY = Buffer.alloc(32, 8).toString('base64');
const SERVER = `[[server]]\naddress = "192.0.2.1"\nkey = "${KEY}"\n`;
const WAN = '[[wan]]\nname = "dsl"\ninterface = "eth1"\n';
const LTE = '[[wan]]\nname = "lte"\ninterface = "wwan0"\n';
const LAN = '[lan]\ninterfaces = ["br-lan"]\n';

const router = (text: string) => parseRouterConfig(text, 'router.toml').config;
const server = (text: string) => parseServerConfig(text, 'server.toml').config;
const fromRouter = (before: string, after: string) => diffRouterConfigs(router(before), router(after));
const fromServer = (before: string, after: string) => diffServerConfigs(server(before), server(after));
const USUAL = LAN + SERVER + WAN;

test('a config does not differ from itself', () => {
  expect(fromRouter(USUAL, `# said otherwise\n${USUAL}`)).toEqual({ changed: [], needsRestart: [] });
});

test('WANs come, go, and change', () => {
  const capped = `${WAN}tier = "active"\nmonthly-cap = "50GB"\nrate-down = "20mbit"\nsource = "192.0.2.9"\n`;
  expect(fromRouter(USUAL + LTE, `${LAN}${SERVER}${capped}`)).toEqual({
    changed: [
      'wan dsl: source: the default is now [192.0.2.9]',
      'wan dsl: rate-down: the default is now 20mbit',
      'wan dsl: monthly-cap: the default is now 50GB',
      'wan dsl: cap-warn: the default is now 80%',
      'wan dsl: past-cap: the default is now backup',
      'wan lte: removed',
    ],
    needsRestart: [],
  });
  expect(fromRouter(USUAL, USUAL + LTE).changed).toEqual(['wan lte: added']);
});

test('the order of servers counts; a key is never shown', () => {
  const other = SERVER.replace('192.0.2.1', 'vps.example.org');
  expect(fromRouter(LAN + WAN + SERVER + other, LAN + WAN + other + SERVER).changed).toEqual([
    'server: the order is now vps.example.org port 5124, 192.0.2.1 port 5124',
  ]);
  const { changed } = fromRouter(USUAL, USUAL.replace(KEY, OTHER_KEY));
  expect(changed).toEqual(['server 192.0.2.1 port 5124: key: changed']);
  expect(
    fromServer(
      `[[listen]]\n[[key]]\nid = 1\nkey = "${KEY}"\n`,
      `[[listen]]\n[[key]]\nid = 1\nkey = "${OTHER_KEY}"\n`,
    ).changed,
  ).toEqual(['key 1: key: changed']);
});

test('lists tell what was added and removed', () => {
  const bypass = (list: string) => `${USUAL}[redirect]\nbypass = ${list}\n`;
  expect(fromRouter(bypass('["203.0.113.0/24"]'), bypass('["198.51.100.0/24"]')).changed).toEqual([
    'redirect.bypass: 198.51.100.0/24 added; 203.0.113.0/24 removed',
  ]);
});

test('what takes a restart is named, beside what does not', () => {
  expect(fromRouter(USUAL, `nat = true\nquic = "leave"\n${USUAL}[redirect]\nport = 6000\n`)).toEqual({
    changed: ['nat: false is now true', 'quic: reject is now leave', 'redirect.port: 5125 is now 6000'],
    needsRestart: ['nat', 'redirect.port'],
  });
  expect(fromRouter(USUAL, `${LAN}${WAN}[server]\ntransport = "direct"\n`).needsRestart).toEqual([
    'server.transport',
  ]);
  // A port for the LAN must not stay where the LAN is no more.
  const [here, there] = ['', ', "guests"'].map((more) => USUAL.replace('"br-lan"', `"br-lan"${more}`));
  expect(fromRouter(here ?? '', there ?? '').needsRestart).toEqual([]);
  expect(fromRouter(`${here}[socks]\n`, `${there}[socks]\n`).needsRestart).toEqual([
    'lan.interfaces of [socks]',
  ]);
  const key = `[[key]]\nid = 1\nkey = "${KEY}"\n`;
  expect(fromServer(`[[listen]]\n${key}`, `[[listen]]\nport = 6000\n${key}`).needsRestart).toEqual([
    'listen',
  ]);
  expect(fromServer(`[[listen]]\n${key}`, `[[listen]]\n${key}${key.replace('1', '2')}`)).toEqual({
    changed: ['key 2: added'],
    needsRestart: [],
  });
});

/** Every plain key below `schema`, with its section. */
function allKeys(schema: z.ZodType, prefix = ''): string[] {
  return keysOf(schema).flatMap((key) => {
    const inner = childSchema(schema, key) as z.ZodType;
    const table = isList(inner) ? childSchema(inner, 0) : inner;
    const keys = keysOf(table);
    return keys.length === 0 ? [`${prefix}${key}`] : allKeys(table as z.ZodType, `${prefix}${key}.`);
  });
}

test('every key of both schemas is compared', () => {
  const noFile = (): never => {
    throw new Error('no files here');
  };
  const names = (settings: readonly { readonly key: string }[], prefix = ''): string[] =>
    settings.map(({ key }) => `${prefix}${key}`);
  // The name tells tables apart, and both forms of a secret are one setting.
  const told = new Set([
    ...names(ROUTER_SETTINGS),
    ...names(WAN_SETTINGS, 'wan.'),
    ...names(SERVER_SETTINGS, 'server.'),
    ...['wan.name', 'server.port', 'server.key-file', 'socks.user.name', 'socks.user.password'],
  ]);
  expect(allKeys(routerSchema(noFile)).filter((key) => !told.has(key))).toEqual([]);
  const toldOfServer = new Set([
    ...names(SERVER_ROLE_SETTINGS),
    ...names(KEY_SETTINGS, 'key.'),
    ...[
      'key.id',
      'key.key-file',
      'listen.address',
      'listen.port',
      'listen.user.name',
      'listen.user.password',
    ],
  ]);
  expect(allKeys(serverSchema(noFile)).filter((key) => !toldOfServer.has(key))).toEqual([]);
});
