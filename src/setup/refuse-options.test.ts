// Mistakes in the options of `init`, told as such.
import { expect, test } from 'vitest';
import { refuseChoice, refuseRouterName } from './refuse-options.ts';
import { routerConfigText } from './router-config-text.ts';

const JOIN = { hosts: ['192.0.2.1'], port: 5124, serverId: 'wanbond', keyId: 1, key: new Uint8Array(32) };
const choose = (lanInterfaces: string[], ...wans: [name: string, device: string][]): string =>
  routerConfigText({
    lanInterfaces,
    wans: wans.map(([name, device]) => ({ name, interface: device })),
    join: JOIN,
  });

test('a choice of interfaces that no config takes', () => {
  expect(() => refuseChoice(choose(['lan0'], ['a', 'eth1'], ['b', 'eth2']))).not.toThrow();
  expect(() => refuseChoice(choose(['lan0'], ['a', 'eth1'], ['a', 'eth2']))).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(/: wan\[1\]\.name is the same as of wan\[0\]$/),
      hint: expect.stringContaining('--wan'),
    }),
  );
  expect(() => refuseChoice(choose(['eth1'], ['a', 'eth1']))).toThrow(/"eth1" is a WAN too/);
});

test('a name of a router that no config takes', () => {
  expect(() => refuseRouterName('the "cabin"')).not.toThrow();
  for (const name of ['Ä', '', 'x'.repeat(65)]) {
    expect(() => refuseRouterName(name), name).toThrow(/^--add-router: .* is not 1 to 64 printable ASCII/);
  }
});
