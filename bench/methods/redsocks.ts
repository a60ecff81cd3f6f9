// redsocks on the router, microsocks at the far end: SOCKS 5 between programs that know nothing of MPTCP.
// microsocks ends both directions when one side has finished sending: a device gets no answer after its own end.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LAN, SERVER } from '../../src/lab/addresses.ts';
import { runDirectory } from '../../src/lab/reap.ts';
import { redirectLan } from '../../test/support/redirect-lan.ts';
import { startStock } from '../../test/support/stock-program.ts';
import type { Method } from '../method.ts';
import { levelGroundOfPeers } from './level-ground.ts';
import { askVersion } from './version.ts';

const PORT = 12345;
const SERVER_PORT = 1080;

// splice: its own way to move bytes within the kernel, off by default. listenq is 128 otherwise. How many connections it takes it
// derives from the limit of files. Rules for it are REDIRECT: it asks for SO_ORIGINAL_DST.
const CONFIG = `base {
  log_info = off; log = stderr; daemon = off; redirector = iptables;
}
redsocks {
  local_ip = ${LAN.router4}; local_port = ${PORT};
  ip = ${SERVER.address4}; port = ${SERVER_PORT}; type = socks5;
  listenq = 4096; splice = on;
}
`;

export const redsocks: Method = {
  name: 'redsocks',
  bonds: true,
  async start(lab) {
    await levelGroundOfPeers(lab);
    const microsocks = ['microsocks', '-i', SERVER.address4, '-p', String(SERVER_PORT)];
    const server = await startStock(lab.hosts.server, ['mptcpize', 'run', ...microsocks], SERVER_PORT);
    const file = join(runDirectory(lab.run), 'redsocks.conf');
    writeFileSync(file, CONFIG);
    const argv = ['mptcpize', 'run', 'redsocks', '-c', file];
    const router = await startStock(lab.hosts.router, argv, PORT);
    await redirectLan(lab, PORT);
    // microsocks does not tell its version.
    const version = await askVersion(['redsocks', '-v'], /redsocks\/[\d.]+/);
    return { router: [router], server: [server], version: `${version.replace('/', ' ')}, microsocks` };
  },
};
