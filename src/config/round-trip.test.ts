// Any valid config, written as TOML, loads as the values it was written from.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatAddress, parseAddress } from '../base/address.ts';
import { formatPrefix, maskAddress, type Prefix } from '../base/prefix.ts';
import { formatDuration, formatPercent, formatRate, formatSize, formatVolume } from '../base/units.ts';
import { parseRouterConfig, parseServerConfig } from './load.ts';

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

const toml = (value: unknown): string =>
  Array.isArray(value) ? `[${value.map(toml).join(', ')}]` : JSON.stringify(value);
const table = (header: string, entries: Readonly<Record<string, unknown>>): string =>
  `${header}\n${Object.entries(entries)
    .map(([entry, value]) => `${entry} = ${toml(value)}\n`)
    .join('')}`;

const relay = fc.record({
  workers: fc.oneof(fc.constant('auto' as const), fc.integer({ min: 1, max: 16 })),
  congestion: name,
  connectTimeoutMs: durationMs,
  idleTimeoutMs: durationMs,
  pipeSizeBytes: fc.integer({ min: 4096, max: 2 ** 24 }),
  maxFlows: fc.integer({ min: 1, max: 1_000_000 }),
});

const relayText = (values: typeof relay extends fc.Arbitrary<infer T> ? T : never): string =>
  table('[relay]', {
    workers: values.workers,
    congestion: values.congestion,
    'connect-timeout': formatDuration(values.connectTimeoutMs),
    'idle-timeout': formatDuration(values.idleTimeoutMs),
    'pipe-size': formatSize(values.pipeSizeBytes),
    'max-flows': values.maxFlows,
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
  servers: fc.array(
    fc.record({
      hosts: fc.array(fc.oneof(address, fc.constantFrom('vps', 'vps-2.example.net')), {
        minLength: 1,
        maxLength: 3,
      }),
      keyId: fc.nat(0xffff_ffff),
      key,
    }),
    { minLength: 1, maxLength: 3 },
  ),
  sources: fc.array(address, { minLength: 1, maxLength: 2 }),
  bypass: fc.array(prefix, { maxLength: 4 }),
  bypassPorts: fc.array(fc.integer({ min: 1, max: 65_535 }), { maxLength: 4 }),
  relay,
});

it('a router config', () => {
  fc.assert(
    fc.property(router, (values) => {
      const [lan, ...uplinks] = values.interfaces;
      const text = [
        table('', {
          'on-server-loss': values.onServerLoss,
          nat: values.nat,
          quic: values.quic,
          'unreachable-family': values.unreachableFamily,
        }),
        table('[lan]', { interfaces: [lan] }),
        ...values.servers.map((server) =>
          table(values.servers.length === 1 ? '[server]' : '[[server]]', {
            address: server.hosts.map((host) => (typeof host === 'string' ? host : formatAddress(host))),
            'key-id': server.keyId,
            key: Buffer.from(server.key).toString('base64'),
          }),
        ),
        ...uplinks.map((uplink, i) =>
          table('[[wan]]', {
            name: `wan${i}`,
            interface: uplink,
            source: values.sources.map(formatAddress),
            ...(i > 0 && wanTable(values.wanExtras)),
          }),
        ),
        table('[redirect]', { bypass: values.bypass.map(formatPrefix), 'bypass-ports': values.bypassPorts }),
        relayText(values.relay),
      ].join('\n');
      const { config } = parseRouterConfig(text, 'r.toml');
      expect(config).toMatchObject({
        onServerLoss: values.onServerLoss,
        nat: values.nat,
        quic: values.quic,
        unreachableFamily: values.unreachableFamily,
        lan: { interfaces: [lan] },
        servers: values.servers.map(({ hosts, ...protocol }) => ({ hosts, protocol })),
        wans: uplinks.map((uplink, i) =>
          Object.assign(
            { name: `wan${i}`, interface: uplink, source: values.sources },
            i > 0 ? values.wanExtras : {},
          ),
        ),
        redirect: { bypass: values.bypass, bypassPorts: values.bypassPorts },
        relay: values.relay,
      });
    }),
    { numRuns: 100 },
  );
});

it('a server config', () => {
  const keys = fc.uniqueArray(
    fc.record({ id: fc.nat(0xffff_ffff), name, key, egressAllow: fc.array(prefix, { maxLength: 3 }) }),
    { minLength: 1, maxLength: 4, selector: (one) => one.id },
  );
  fc.assert(
    fc.property(keys, fc.array(prefix), relay, (routers, deny, values) => {
      const text = [
        table('[[listen]]', { port: 5124 }),
        ...routers.map((one) =>
          table('[[key]]', {
            id: one.id,
            name: one.name,
            key: Buffer.from(one.key).toString('base64'),
            'egress-allow': one.egressAllow.map(formatPrefix),
          }),
        ),
        table('[egress]', { deny: deny.map(formatPrefix) }),
        relayText(values),
      ].join('\n');
      const { config } = parseServerConfig(text, 's.toml');
      expect(config).toMatchObject({ keys: routers, egress: { allow: [], deny }, relay: values });
    }),
    { numRuns: 100 },
  );
});
