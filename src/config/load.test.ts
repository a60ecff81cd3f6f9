import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { formatAddress, parseAddress } from '../base/address.ts';
import { formatPrefix, parsePrefix } from '../base/prefix.ts';
import { loadRouterConfig, loadServerConfig, parseRouterConfig, parseServerConfig } from './load.ts';
import { ConfigError } from './problem.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
const ROUTER = `[lan]
interfaces = ["br-lan"]
[server]
address = "198.51.100.1"
key = "${KEY}"
[[wan]]
name = "dsl"
interface = "eth1"
`;
const SERVER = `[[listen]]
[[key]]
id = 1
key = "${KEY}"
`;

function problemsOf(parse: () => unknown): string[] {
  try {
    parse();
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}
const routerProblems = (text: string): string[] => problemsOf(() => parseRouterConfig(text, 'r.toml'));
const serverProblems = (text: string): string[] => problemsOf(() => parseServerConfig(text, 's.toml'));

describe('a router config', () => {
  it('takes defaults for everything but LAN, WANs and server', () => {
    const { config, warnings } = parseRouterConfig(ROUTER, 'r.toml');
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      onServerLoss: 'direct',
      stateDir: '/run/wanbond',
      lan: { interfaces: ['br-lan'] },
      servers: [{ transport: 'convert', port: 5124, protocol: { id: 'wanbond', keyId: 1 } }],
      dataDir: '/var/lib/wanbond',
      wans: [
        { name: 'dsl', interface: 'eth1', source: undefined, tier: 'active', cap: undefined, capDay: 1 },
      ],
      redirect: { method: 'auto', port: 5125, mark: 0x40000000, markMask: 0x40000000, table: 7780 },
      relay: {
        workers: 'auto',
        connectTimeoutMs: 10_000,
        hedgeDelayMs: undefined,
        bufferMaxBytes: undefined,
      },
      log: { level: 'info', format: 'human', targets: false },
    });
    const [server] = config.servers;
    if (server?.transport !== 'convert') throw new Error('wrong transport');
    expect(server.hosts).toEqual([parseAddress('198.51.100.1')]);
    expect(server.protocol).toMatchObject({ key: new Uint8Array(32).fill(7) });
    expect(Object.isFrozen(config.relay)).toBe(true);
  });

  it('reads values in their units', () => {
    const { config } = parseRouterConfig(
      `${ROUTER}source = ["203.0.113.5", "2001:db8::5"]
[redirect]
bypass = ["203.0.113.0/24"]
bypass-ports = [22]
mark = 0x10
mark-mask = 0xf0
[relay]
workers = 4
idle-timeout = "90s"
pipe-size = "256KiB"
`,
      'r.toml',
    );
    expect(config.wans[0]?.source?.map(formatAddress)).toEqual(['203.0.113.5', '2001:db8::5']);
    expect(config.redirect.bypass.map(formatPrefix)).toEqual(['203.0.113.0/24']);
    expect(config.redirect).toMatchObject({ bypassPorts: [22], mark: 0x10, markMask: 0xf0 });
    expect(config.relay).toMatchObject({ workers: 4, idleTimeoutMs: 90_000, pipeSizeBytes: 262_144 });
  });

  it('needs neither address nor key for the direct transport', () => {
    const text = ROUTER.replace(/address = .*\nkey = .*/, 'transport = "direct"');
    expect(parseRouterConfig(text, 'r.toml').config.servers).toEqual([{ transport: 'direct' }]);
  });

  it('takes several servers, in order of preference, but not one in the path among them', () => {
    const more = `[[server]]\naddress = "vps.example.net"\nkey = "${KEY}"\n`;
    const text = ROUTER.replace('[server]', '[[server]]');
    const { config } = parseRouterConfig(text + more, 'r.toml');
    expect(config.servers).toMatchObject([{ transport: 'convert' }, { hosts: ['vps.example.net'] }]);
    expect(routerProblems(`${text}[[server]]\ntransport = "direct"\n${more}`)).toEqual([
      'r.toml:10:13: server[1].transport: "direct" has to be the only server; remove this [[server]], or all the others.',
    ]);
    expect(routerProblems(text.replace('198.51.100.1', '300.1.1.1'))).toEqual([
      expect.stringMatching(/^r\.toml:4:11: server\[0\]\.address: "300\.1\.1\.1" is not an IP address/),
    ]);
  });

  it('reports three different mistakes, each with line and column', () => {
    const text = `on-server-los = "direct"
[lan]
interfaces = ["br-lan"]
[server]
address = "198.51.100.1"
  port = "5124"
key = "${KEY}"
[[wan]]
name = "dsl"
interface = "eth1"
[redirect]
bypass = ["203.0.113.0/24", "203.0.113.1/24"]
`;
    expect(routerProblems(text)).toEqual([
      'r.toml:1:1: on-server-los: unknown key; did you mean `on-server-loss`?',
      'r.toml:6:10: server.port: is a string, not a number; remove the quotes.',
      'r.toml:12:29: redirect.bypass[1]: "203.0.113.1/24" has bits set after its length; did you mean 203.0.113.0/24?; write a prefix like 192.0.2.0/24 or 2001:db8::/32.',
    ]);
  });

  it('reports what concerns several sections along with other mistakes', () => {
    const text = `${ROUTER}[[wan]]
name = "dsl"
interface = "br-lan"
tire = 3
[[wan]]
name = "lte"
interface = "eth1"
[redirect]
table = 254
mark-mask = 1
bypass-ports = [1.5]
`;
    expect(routerProblems(text)).toEqual([
      expect.stringMatching(/^r\.toml:2:15: lan\.interfaces\[0\]: "br-lan" is a WAN too/),
      expect.stringMatching(/^r\.toml:10:8: wan\[1\]\.name: is the same as of wan\[0\]/),
      expect.stringMatching(/^r\.toml:12:1: wan\[1\]\.tire: unknown key; did you mean `tier`/),
      expect.stringMatching(/^r\.toml:15:13: wan\[2\]\.interface: is the same as of wan\[0\]/),
      expect.stringMatching(/^r\.toml:17:9: redirect\.table: 254 is one of the kernel's own/),
      expect.stringMatching(/^r\.toml:18:13: redirect\.mark-mask: does not cover/),
      expect.stringMatching(/^r\.toml:19:17: redirect\.bypass-ports\[0\]: 1\.5 is not a whole number/),
    ]);
  });

  it('reads tiers, rates and caps', () => {
    const text = `${ROUTER}[[wan]]
name = "lte"
interface = "wwan0"
tier = "overflow"
rate-down = "50mbit"
monthly-cap = "50GB"
cap-warn = "75%"
cap-day = 17
past-cap = "off"
[[wan]]
name = "sat"
interface = "eth3"
tier = "backup"
monthly-cap = "2TB"
`;
    expect(parseRouterConfig(text, 'r.toml').config.wans).toMatchObject([
      { name: 'dsl', tier: 'active' },
      {
        tier: 'overflow',
        rateDownBps: 50_000_000,
        rateUpBps: undefined,
        cap: { bytes: 50e9, warnRatio: 0.75, past: 'off' },
        capDay: 17,
      },
      { tier: 'backup', cap: { bytes: 2e12, warnRatio: 0.8, past: 'backup' }, capDay: 1 },
    ]);
  });

  it.each([
    ['tier = "overflw"', /:9:8: wan\[0\]\.tier: "overflw" is not known here; did you mean "overflow"\?$/],
    ['tier = "backup"', /:9:8: wan\[0\]\.tier: no WAN is "active"; leave `tier` out of at least one/],
    ['cap-warn = "80%"', /:9:12: wan\[0\]\.cap-warn: has no meaning without `monthly-cap`; add/],
    ['past-cap = "off"', /:9:12: wan\[0\]\.past-cap: has no meaning without `monthly-cap`; add/],
    [
      'monthly-cap = "50GiB"',
      /:9:15: wan\[0\]\.monthly-cap: "50GiB" is not a data volume; write .* like 50GB/,
    ],
    ['monthly-cap = "50"', /:9:15: wan\[0\]\.monthly-cap: "50" is not a data volume/],
    ['rate-down = "50"', /:9:13: wan\[0\]\.rate-down: "50" is not a rate; write .* like 50mbit/],
    ['rate-up = "1bit"', /:9:11: wan\[0\]\.rate-up: 1bit is too small; use at least 8kbit/],
    ['cap-day = 29', /:9:11: wan\[0\]\.cap-day: 29 is too large; use at most 28/],
    ['monthly-cap = "1GB"\ncap-warn = "101%"', /:10:12: wan\[0\]\.cap-warn: 101% is too large/],
    ['monthly-cap = "1GB"\ncap-warn = "half"', /:10:12: wan\[0\]\.cap-warn: "half" is not a percentage/],
    ['monthly-cap = "1GB"\npast-cap = "stop"', /:10:12: wan\[0\]\.past-cap: "stop" is not known here/],
  ])('refuses the WAN with %s', (lines, expected) => {
    expect(routerProblems(`${ROUTER}${lines}\n`)).toEqual([expect.stringMatching(expected)]);
  });

  it.each([
    [
      'transport = "covert"',
      /:4:13: server\.transport: "covert" is not known here; did you mean "convert"\?/,
    ],
    ['port = 65536', /:4:8: server\.port: 65536 is too large; use at most 65535/],
    ['address = []', /:4:11: server\.address: is an empty list/],
    ['address = "192.0.2"', /:4:11: server\.address: "192\.0\.2" is not an IP address/],
    [
      'address = ["::1", "a b"]',
      /:4:19: server\.address\[1\]: "a b" is neither an IP address nor a host name/,
    ],
    ['key = "AAAA"', /:4:7: server\.key: the key is 3 bytes, not 32/],
    ['key = "not base64!"', /:4:7: server\.key: the key is not base64/],
    ['__proto__ = 1', /:4:1: server\.__proto__: unknown key/],
    ['"Key Id" = 1', /:4:1: server\."Key Id": unknown key; did you mean `key-id`\?/],
    ['id = "a b"', /:4:6: server\.id: "a b" is not 1 to 64 printable/],
  ])('refuses %s', (line, expected) => {
    const text = ROUTER.replace('[server]\n', `[server]\n${line}\n`).replace(
      new RegExp(`\n${line.split(' ')[0]} = "(198|${KEY.slice(0, 4)}).*`),
      '',
    );
    expect(routerProblems(text)).toEqual([expect.stringMatching(expected)]);
  });

  it('takes a converter of others without a key, and with one it does not', () => {
    const foreign = ROUTER.replace(/key = .*/, 'foreign = true');
    expect(parseRouterConfig(foreign, 'r.toml').config.servers).toMatchObject([
      { protocol: { key: undefined } },
    ]);
    expect(routerProblems(ROUTER.replace('[server]\n', '[server]\nforeign = true\n'))).toEqual([
      expect.stringMatching(
        /server\.key: is given together with `foreign`; remove `key`, or `foreign = true`/,
      ),
    ]);
  });

  it('says of what belongs at the top where that is', () => {
    expect(routerProblems(`${ROUTER}nat = true\nquic = "leave"\n[log]\non_server_loss = "block"\n`)).toEqual([
      'r.toml:9:1: wan[0].nat: unknown key; `nat` belongs at the top of the file, before the first [table].',
      'r.toml:10:1: wan[0].quic: unknown key; `quic` belongs at the top of the file, before the first [table].',
      'r.toml:12:1: log.on_server_loss: unknown key; `on-server-loss` belongs at the top of the file, before the first [table].',
    ]);
    expect(routerProblems(`on_server_loss = "block"\n${ROUTER}`)).toEqual([
      'r.toml:1:1: on_server_loss: unknown key; did you mean `on-server-loss`?',
    ]);
  });

  it('says what is missing, and where it belongs', () => {
    expect(routerProblems('[server]\n[[wan]]\n')).toEqual([
      'r.toml:1:1: lan: is missing; add the table [lan].',
      expect.stringMatching(/^r\.toml:1:2: server\.address: is missing; write the address/),
      expect.stringMatching(/^r\.toml:1:2: server\.key: is missing; give `key` or `key-file`/),
      'r.toml:2:3: wan[0].name: is missing; add `name = ...` to [wan].',
      'r.toml:2:3: wan[0].interface: is missing; add `interface = ...` to [wan].',
    ]);
  });

  it('never repeats a key in a message', () => {
    const secret = `${KEY.slice(0, 30)}!`;
    expect(routerProblems(ROUTER.replace(KEY, secret)).join()).not.toContain(secret.slice(0, 8));
  });
});

describe('a server config', () => {
  it('takes defaults', () => {
    const { config } = parseServerConfig(SERVER, 's.toml');
    expect(config.listens[0]?.addresses.map(formatAddress)).toEqual(['0.0.0.0', '::']);
    expect(config).toMatchObject({
      id: 'wanbond',
      listens: [{ protocol: { transport: 'convert' }, port: 5124 }],
      keys: [{ id: 1, name: 'key-1', egressAllow: [] }],
      egress: { allow: [], deny: [] },
      relay: { handshakeTimeoutMs: 5000, maxUnauthenticatedPerAddress: 4096 },
    });
  });

  it('takes clients without a key from networks, and not from everywhere', () => {
    const listen = (list: string) =>
      SERVER.replace('[[listen]]\n', `[[listen]]\nforeign-clients = ${list}\n`);
    const { config } = parseServerConfig(listen('["192.0.2.0/24", "2001:db8::1"]'), 's.toml');
    const foreignClients = [parsePrefix('192.0.2.0/24'), parsePrefix('2001:db8::1')];
    expect(config.listens[0]?.protocol).toEqual({ transport: 'convert', foreignClients });
    expect(parseServerConfig(SERVER, 's.toml').config.listens[0]?.protocol).toMatchObject({
      foreignClients: [],
    });
    for (const all of ['["0.0.0.0/0"]', '["192.0.2.0/24", "::/0"]']) {
      expect(serverProblems(listen(all))).toEqual([
        expect.stringMatching(
          /listen\[0\]\.foreign-clients: names every address there is; name the networks/,
        ),
      ]);
    }
  });

  it('refuses a key id that is taken, a key given twice, and router keys', () => {
    expect(
      serverProblems(
        `${SERVER}key-file = "k"\n[[key]]\nid = 1\nkey = "${KEY}"\n[relay]\nhedge-delay = "1s"\n`,
      ),
    ).toEqual([
      expect.stringMatching(/^s\.toml:5:12: key\[0\]\.key-file: cannot read .*: there is no such file/),
      expect.stringMatching(/^s\.toml:5:12: key\[0\]\.key-file: is given together with `key`/),
      expect.stringMatching(/^s\.toml:7:6: key\[1\]\.id: is the same as of key\[0\]/),
      expect.stringMatching(/^s\.toml:10:1: relay\.hedge-delay: unknown key/),
    ]);
  });
});

describe('files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wanbond-config-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('reads a key file beside the config, and warns when others may read it', () => {
    const file = join(folder, 'router.toml');
    writeFileSync(file, ROUTER.replace(/key = .*/, 'key-file = "router.key"'));
    writeFileSync(join(folder, 'router.key'), `${KEY}\n`);
    chmodSync(join(folder, 'router.key'), 0o600);
    expect(loadRouterConfig(file)).toMatchObject({
      config: { servers: [{ protocol: { key: new Uint8Array(32).fill(7) } }] },
      warnings: [],
    });
    chmodSync(join(folder, 'router.key'), 0o644);
    expect(loadRouterConfig(file).warnings).toMatchObject([
      {
        line: 5,
        column: 12,
        path: 'server.key-file',
        message: expect.stringContaining('can be read by others'),
      },
    ]);
  });

  it('says that a file is missing', () => {
    const file = join(folder, 'no.toml');
    expect(problemsOf(() => loadServerConfig(file))).toEqual([
      expect.stringContaining(`${file}:1:1: cannot read this file: there is no such file`),
    ]);
  });

  it('gives line and column of a syntax error', () => {
    expect(routerProblems('[lan]\ninterfaces = ["a"\n[server]\n')).toEqual([
      expect.stringMatching(/^r\.toml:3:\d+: this is not TOML/),
    ]);
  });
});
