// redsocks on the router, microsocks at the far end: SOCKS 5 between programs that know nothing of MPTCP.
// microsocks ends both directions when one side has finished sending: a device gets no answer after its own end.
import { redirectLan } from '../../src/lab/peers/redirect-lan.ts';
import { startMicrosocks, startRedsocks } from '../../src/lab/peers/socks-programs.ts';
import type { Method } from '../method.ts';
import { levelGroundOfPeers } from './level-ground.ts';
import { askVersion } from './version.ts';

const PORT = 12345;
const SERVER_PORT = 1080;
const MPTCP = { wrapper: ['mptcpize', 'run'] };
// splice: its own way to move bytes within the kernel, off by default. listenq is 128 otherwise. How many connections it takes it
// derives from the limit of files.
const TUNED = 'listenq = 4096; splice = on;';

export const redsocks: Method = {
  name: 'redsocks',
  bonds: true,
  async start(lab) {
    await levelGroundOfPeers(lab);
    const server = await startMicrosocks(lab, SERVER_PORT, MPTCP);
    const router = await startRedsocks(lab, { port: PORT, to: SERVER_PORT }, MPTCP, TUNED);
    await redirectLan(lab, PORT);
    // microsocks does not tell its version.
    const version = await askVersion(['redsocks', '-v'], /redsocks\/[\d.]+/);
    return { router: [router], server: [server], version: `${version.replace('/', ' ')}, microsocks` };
  },
};
