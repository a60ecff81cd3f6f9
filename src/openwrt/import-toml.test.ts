// From TOML to UCI, and back.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyRouter, anyServer } from '../config/any-config.fixture.ts';
import { parseRouterConfig, parseServerConfig } from '../config/load.ts';
import { importToml } from './import-toml.ts';
import { KEY, toml } from './uci-files.fixture.ts';

const ROUTER_TOML = (...wans: string[]): string => `
[lan]
interfaces = ["br-lan"]
[server]
address = "192.0.2.1"
key = "${KEY}"
${wans.map((name, i) => `[[wan]]\nname = "${name}"\ninterface = "eth${i}"\n`).join('')}`;

describe('TOML to UCI and back is the same config', () => {
  it('of any router', () => {
    fc.assert(
      fc.property(anyRouter, ({ text }) => {
        const uci = importToml(text, '/r.toml');
        const back = parseRouterConfig(toml(uci), 'r').config;
        expect(back).toEqual({ ...parseRouterConfig(text, 'r').config, stateDir: '/var/run/wanbond' });
      }),
      { numRuns: 60 },
    );
  });

  it('of any server', () => {
    fc.assert(
      fc.property(anyServer, ({ text }) => {
        const uci = importToml(text, '/s.toml');
        const back = parseServerConfig(toml(uci), 's').config;
        expect(back).toEqual({ ...parseServerConfig(text, 's').config, stateDir: '/var/run/wanbond-server' });
      }),
      { numRuns: 60 },
    );
  });

  it('calls sections by their names where UCI can', () => {
    const text = ROUTER_TOML('main', 'dsl', 'lte-1');
    expect(
      importToml(text, '/r.toml')
        .match(/config wan.*\n.*\n/g)
        ?.slice(1),
    ).toEqual([
      "config wan\n\toption name 'main'\n",
      "config wan 'dsl'\n\toption interface 'eth1'\n",
      "config wan\n\toption name 'lte-1'\n",
    ]);
  });
});
