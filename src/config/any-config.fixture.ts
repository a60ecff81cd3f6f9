// Any valid config of either role: its TOML, and the values that it was written from.
import fc from 'fast-check';
import { formatAddress, parseAddress } from '../base/address.ts';
import { formatPrefix, maskAddress, type Prefix } from '../base/prefix.ts';
import { formatDuration, formatPercent, formatRate, formatSize, formatVolume } from '../base/units.ts';
import { renderToml } from './toml-writer.ts';

const address = fc
  .oneof(
    fc.ipV4(),
    fc.ipV6().filter((text) => !text.includes('.')),
  )
  .map((text) => parseAddress(text));
const prefix: fc.Arbitrary<Prefix> = fc
  .tuple(address, fc.integer({ min: 96, max: 128 }))
  .map(([base, bits]) => ({ address: maskAddress(base, bits), bits }));
const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const durationMs = fc.integer({ min: 1000, max: 120_000 });
const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,14}$/);

const relay = fc.record({
  workers: fc.oneof(fc.constant('auto' as const), fc.integer({ min: 1, max: 16 })),
  congestion: name,
  connectTimeoutMs: durationMs,
  idleTimeoutMs: durationMs,
  pipeSizeBytes: fc.integer({ min: 4096, max: 2 ** 24 }),
  maxFlows: fc.integer({ min: 1, max: 1_000_000 }),
});

const relayTable = (values: typeof relay extends fc.Arbitrary<infer T> ? T : never) => ({
  workers: values.workers,
  congestion: values.congestion,
  'connect-timeout': formatDuration(values.connectTimeoutMs),
  'idle-timeout': formatDuration(values.idleTimeoutMs),
  'pipe-size': formatSize(values.pipeSizeBytes),
  'max-flows': values.maxFlows,
});

// Printable, so with all that quotes and comments are made of.
const printable = fc.stringMatching(/^[\x20-\x7e]{1,64}$/);
const users = fc.uniqueArray(fc.record({ name: printable, password: printable }), {
  minLength: 1,
  maxLength: 3,
  selector: (one) => one.name,
});

// What a WAN may have besides; the first one stays active.
const wanExtras = fc.record({
  tier: fc.constantFrom('active', 'overflow', 'backup', 'off'),
  rateDownBps: fc.integer({ min: 8000, max: 2e9 }),
  rateUpBps: fc.integer({ min: 8000, max: 2e9 }),
  cap: fc.record({
    bytes: fc.integer({ min: 1e6, max: 1e13 }),
    // Hundredths of a percent, as they are written.
    warnRatio: fc.integer({ min: 100, max: 10_000 }).map((hundredths) => hundredths / 10_000),
    past: fc.constantFrom('backup', 'off'),
  }),
  capDay: fc.integer({ min: 1, max: 28 }),
});
type WanExtras = typeof wanExtras extends fc.Arbitrary<infer T> ? T : never;

const wanTable = (extras: WanExtras): Record<string, unknown> => ({
  tier: extras.tier,
  'rate-down': formatRate(extras.rateDownBps),
  'rate-up': formatRate(extras.rateUpBps),
  'monthly-cap': formatVolume(extras.cap.bytes),
  'cap-warn': formatPercent(extras.cap.warnRatio),
  'past-cap': extras.cap.past,
  'cap-day': extras.capDay,
});

const router = fc.record({
  wanExtras,
  onServerLoss: fc.constantFrom('direct', 'block'),
  nat: fc.boolean(),
  quic: fc.constantFrom('reject', 'leave'),
  unreachableFamily: fc.constantFrom('refuse', 'direct'),
  interfaces: fc.uniqueArray(name, { minLength: 3, maxLength: 8 }),
  servers: fc.uniqueArray(
    fc.record({
      hosts: fc.array(fc.oneof(address, fc.constantFrom('vps', 'vps-2.example.net')), {
        minLength: 1,
        maxLength: 3,
      }),
      port: fc.integer({ min: 1, max: 65_535 }),
      keyId: fc.nat(0xffff_ffff),
      key,
    }),
    { minLength: 1, maxLength: 3, selector: (one) => one.port },
  ),
  sources: fc.array(address, { minLength: 1, maxLength: 2 }),
  bypass: fc.array(prefix, { maxLength: 4 }),
  bypassPorts: fc.array(fc.integer({ min: 1, max: 65_535 }), { maxLength: 4 }),
  users,
  relay,
});

/** What a config is written from, as far as it is wanted of the parsed one, and its text. */
export interface AnyConfig {
  readonly text: string;
  readonly expected: object;
}

export const anyRouter: fc.Arbitrary<AnyConfig> = router.map((values) => {
  const [lan, ...uplinks] = values.interfaces;
  const servers = values.servers.map((server) => ({
    address: server.hosts.map((host) => (typeof host === 'string' ? host : formatAddress(host))),
    port: server.port,
    'key-id': server.keyId,
    key: Buffer.from(server.key).toString('base64'),
  }));
  const text = renderToml({
    'on-server-loss': values.onServerLoss,
    nat: values.nat,
    quic: values.quic,
    'unreachable-family': values.unreachableFamily,
    lan: { interfaces: [lan] },
    server: servers.length === 1 ? servers[0] : servers,
    wan: uplinks.map((uplink, i) => ({
      name: `wan${i}`,
      interface: uplink,
      source: values.sources.map(formatAddress),
      ...(i > 0 && wanTable(values.wanExtras)),
    })),
    redirect: { bypass: values.bypass.map(formatPrefix), 'bypass-ports': values.bypassPorts },
    socks: { user: values.users },
    relay: relayTable(values.relay),
  });
  const expected = {
    onServerLoss: values.onServerLoss,
    nat: values.nat,
    quic: values.quic,
    unreachableFamily: values.unreachableFamily,
    lan: { interfaces: [lan] },
    servers: values.servers.map(({ hosts, port, ...protocol }) => ({ hosts, port, protocol })),
    wans: uplinks.map((uplink, i) =>
      Object.assign(
        { name: `wan${i}`, interface: uplink, source: values.sources },
        i > 0 ? values.wanExtras : {},
      ),
    ),
    redirect: { bypass: values.bypass, bypassPorts: values.bypassPorts },
    socks: { users: values.users },
    relay: values.relay,
  };
  return { text, expected };
});

const keys = fc.uniqueArray(
  fc.record({
    id: fc.nat(0xffff_ffff),
    name: fc.oneof(name, printable),
    key,
    egressAllow: fc.array(prefix, { maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 4, selector: (one) => one.id },
);

export const anyServer: fc.Arbitrary<AnyConfig> = fc
  .record({ keys, deny: fc.array(prefix), users, relay })
  .map((values) => {
    const text = renderToml({
      listen: [
        { port: 5124 },
        { transport: 'socks5', port: 1080, user: values.users },
        { transport: 'socks6', port: 1081, user: values.users },
      ],
      key: values.keys.map((one) => ({
        id: one.id,
        name: one.name,
        key: Buffer.from(one.key).toString('base64'),
        'egress-allow': one.egressAllow.map(formatPrefix),
      })),
      egress: { deny: values.deny.map(formatPrefix) },
      relay: relayTable(values.relay),
    });
    const expected = {
      listens: [
        { port: 5124 },
        { port: 1080, protocol: { transport: 'socks5', users: values.users } },
        { port: 1081, protocol: { transport: 'socks6', users: values.users } },
      ],
      keys: values.keys,
      egress: { allow: [], deny: values.deny },
      relay: values.relay,
    };
    return { text, expected };
  });
