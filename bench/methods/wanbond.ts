// wanbond as its users have it, once for each transport: no setting but keys, addresses and interfaces.
import { builtProgram } from '../../src/base/package-files.ts';
import type { ConfigTable } from '../../src/config/toml-writer.ts';
import type { Method } from '../method.ts';
import { levelGround } from './level-ground.ts';
import { askVersion } from './version.ts';

const TRANSPORTS = ['convert', 'socks5', 'socks6', 'shadowsocks', 'direct'] as const;

const methodOf = (transport: string, relay: ConfigTable = {}): Method => ({
  name: `wanbond-${transport}`,
  lab: { transport },
  bonds: true,
  async start(lab) {
    await levelGround(lab);
    const server = await lab.startServer({ overrides: { relay } });
    const router = await lab.startRouter({ overrides: { relay } });
    const version = await askVersion([process.execPath, builtProgram('main'), '--version'], /\d\S*/);
    return { router: [router], server: [server], version: `wanbond ${version}` };
  },
});

export const wanbond: readonly Method[] = [
  ...TRANSPORTS.map((transport) => methodOf(transport)),
  // What a small router has memory for.
  { ...methodOf('convert', { workers: 1 }), name: 'wanbond-convert-1-worker', cases: ['many'] },
];
