// The sets of the redirect follow the host, also when it is again as it was before a change of config.
import pino from 'pino';
import { expect, test, vi } from 'vitest';
import { parseAddress } from '../../base/address.ts';
import { hostFacts } from '../../plan/host-facts.fixture.ts';
import type { HostFacts } from '../../plan/host-facts.ts';
import { knownServers } from '../../wan/servers/known-servers.ts';
import { routerConfig } from '../router-config.fixture.ts';
import { RedirectInStep, type RedirectParts } from './redirect-in-step.ts';

const config = routerConfig();
const servers = knownServers(config, new Map());

const factsWith = (address: string): HostFacts =>
  hostFacts({
    interfaces: [
      { name: 'eth1', hasCarrier: true, addresses: [{ address: parseAddress(address), bits: 120 }] },
    ],
  });

test('a subnet that is back after a change of config made the sets without it is bypassed again', () => {
  const run = vi.fn<(text: string) => void>();
  const redirect = new RedirectInStep({
    method: 'redirect',
    nftables: { run },
    takeChain: { change: () => undefined },
    made: undefined,
    log: pino({ level: 'silent' }),
  } as unknown as RedirectParts);
  redirect.bring(config, servers, factsWith('192.0.2.10'));
  redirect.bring(config, servers, factsWith('192.0.2.10'));
  expect(run).toHaveBeenCalledTimes(1);
  redirect.change(config, config, servers, () => factsWith('198.51.100.10'));
  redirect.bring(config, servers, factsWith('192.0.2.10'));
  expect(run).toHaveBeenCalledTimes(2);
  expect(run.mock.lastCall?.[0]).toContain('192.0.2.0/24');
});
