// What the options of a UCI file are to a config.
import { describe, expect, it } from 'vitest';
import { parseRouterConfig, parseServerConfig } from '../config/load.ts';
import { parseUciConfig } from './load-uci.ts';
import { FILE, KEY, ROUTER, SERVER, told, toml } from './uci-files.fixture.ts';

describe('a file', () => {
  it('of a router', () => {
    expect(parseRouterConfig(toml(ROUTER), 'r').config).toMatchObject({
      nat: true,
      stateDir: '/var/run/wanbond',
      lan: { interfaces: ['br-lan', 'br-guest'] },
      servers: [{ hosts: ['vps.example.net'], protocol: { keyId: 16, key: new Uint8Array(32).fill(0x41) } }],
      wans: [
        { name: 'dsl', interface: 'pppoe-wan', tier: 'active' },
        { name: 'lte-1', tier: 'overflow', rateDownBps: 50e6, cap: { bytes: 50e9 }, capDay: 17 },
      ],
      relay: { workers: 2 },
      socks: { users: [{ name: 'alice', password: `it's "1"` }] },
    });
  });

  it('of a server', () => {
    expect(parseServerConfig(toml(SERVER), 's').config).toMatchObject({
      id: '1234',
      stateDir: '/var/run/wanbond-server',
      listens: [
        { port: 5124 },
        {
          protocol: {
            users: [
              { name: 'bob b', password: '1' },
              { name: 'eve', password: '2' },
            ],
          },
        },
      ],
      intercepts: [{ ports: [80, 443], isSourcePreserved: true, targetInterfaces: ['eth2'] }],
      keys: [{ id: 7, name: 'home' }],
    });
  });

  it('says its role to the service, and whether it is to run', () => {
    expect(toml(SERVER)).toContain('\n# Role: server\n');
    expect(parseUciConfig(ROUTER, FILE)).toMatchObject({ role: 'router', isEnabled: true });
    expect(parseUciConfig(SERVER, FILE)).toMatchObject({ role: 'server', isEnabled: false });
  });

  it('keeps its own state-dir', () => {
    const own = ROUTER.replace("option nat 'yes'", "option state_dir '/tmp/own'");
    expect(parseRouterConfig(toml(own), 'r').config.stateDir).toBe('/tmp/own');
  });
});

describe('a key file', () => {
  it('with a relative path is looked for beside the UCI file, and has its whole path in the TOML', () => {
    const uci = ROUTER.replace(`option key '${KEY}'`, "option key_file 'router.key'");
    expect(told(uci)[0]).toContain('cannot read /etc/config/router.key');
  });
});
