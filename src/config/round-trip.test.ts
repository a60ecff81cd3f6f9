// Any valid config, written as TOML, loads as the values it was written from.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyRouter, anyServer } from './any-config.fixture.ts';
import { parseRouterConfig, parseServerConfig } from './load.ts';

it('a router config', () => {
  fc.assert(
    fc.property(anyRouter, ({ text, expected }) => {
      expect(parseRouterConfig(text, 'r.toml').config).toMatchObject(expected);
    }),
    { numRuns: 100 },
  );
});

it('a server config', () => {
  fc.assert(
    fc.property(anyServer, ({ text, expected }) => {
      expect(parseServerConfig(text, 's.toml').config).toMatchObject(expected);
    }),
    { numRuns: 100 },
  );
});
