// HAProxy on both sides, MPTCP between them by mptcpize: TPROXY on the router, the PROXY protocol to the server, which
// connects to where the protocol says.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVER } from '../../src/lab/addresses.ts';
import type { Host } from '../../src/lab/host.ts';
import type { Lab } from '../../src/lab/lab.ts';
import type { LabProcess } from '../../src/lab/lab-process.ts';
import { runDirectory } from '../../src/lab/reap.ts';
import { startStock } from '../../src/lab/peers/stock-program.ts';
import { waitUntil } from '../../src/lab/wait-until.ts';
import type { Method } from '../method.ts';
import { levelGroundOfPeers } from './level-ground.ts';
import { PROXY, tproxyLan } from './tproxy-lan.ts';
import { askVersion } from './version.ts';

const SERVER_PORT = 8400;

// As many flows as wanbond takes at most.
const MAX_FLOWS = 20_000;
// For as many flows as are in full swing at once: a pipe is held while there are bytes in it. The default would be a pipe
// for every fourth connection, and half of the files for them.
const PIPES = 1000;
// Listeners, epoll and such.
const OTHER_FILES = 200;

// One thread a core is what HAProxy starts without being told. There is no check and no log.
// tune.pipesize: as wanbond's; the 64 KiB of the default are too few for a core's worth of bytes.
// splice-request, splice-response: always, where splice-auto would wait for streams that it thinks fit.
// Timeouts: wanbond's of an idle flow. tcp-smart-connect and -accept ask for what MPTCP sockets refuse (TCP_QUICKACK).
const common = (maxConnections: number): string => `global
  maxconn ${maxConnections}
  maxpipes ${PIPES}
  tune.pipesize 1048576
defaults
  mode tcp
  maxconn ${maxConnections}
  backlog 4096
  option splice-request
  option splice-response
  timeout connect 10s
  timeout client 2h
  timeout server 2h
`;

const ROUTER = `listen lan
  bind ${PROXY.address}:${PROXY.port} transparent
  server far ${SERVER.address4}:${SERVER_PORT} send-proxy-v2
`;

// defer-accept: the header of the PROXY protocol always comes at once, so nothing is accepted before it can be read.
const FAR = `listen far
  bind fd@3 accept-proxy defer-accept
  server target 0.0.0.0:0
`;

const configFile = (lab: Lab, host: Host, text: string): string => {
  const file = join(runDirectory(lab.run), `haproxy-${host.name}.cfg`);
  writeFileSync(file, text);
  return file;
};

/** HAProxy 2.6 has no setting for MPTCP. Of its sockets those to LAN devices are plain TCP again when accepted. */
function startRouter(lab: Lab, text: string): Promise<LabProcess> {
  const host = lab.hosts.router;
  const argv = ['mptcpize', 'run', 'haproxy', '-db', '-f', configFile(lab, host, text)];
  return startStock(host, argv, PROXY.port);
}

/**
 * Under mptcpize itself it would open MPTCP sockets to plain origins, which fall back but stay MPTCP sockets and cost
 * CPU as such. So it inherits its listener, as by a socket unit with SocketProtocol=mptcp.
 */
async function startServer(lab: Lab, text: string): Promise<LabProcess> {
  const host = lab.hosts.server;
  const listener = ['-l', `${SERVER.address4}:${SERVER_PORT}`];
  const haproxyArgv = ['haproxy', '-db', '-f', configFile(lab, host, text)];
  const argv = ['mptcpize', 'run', 'systemd-socket-activate', ...listener, ...haproxyArgv];
  const started = await startStock(host, argv, SERVER_PORT);
  // It becomes HAProxy at the first connection.
  await host.must(['bash', '-c', `: </dev/tcp/${SERVER.address4}/${SERVER_PORT}`]);
  await waitUntil('the server is HAProxy', () => {
    if (started.exit) throw started.error('haproxy-ended', 'ended');
    return readFileSync(`/proc/${started.pid}/comm`, 'utf8') === 'haproxy\n';
  });
  return started;
}

export const haproxy: Method = {
  name: 'haproxy',
  bonds: true,
  async start(lab) {
    const openFiles = await levelGroundOfPeers(lab);
    // HAProxy refuses to start where the files do not suffice.
    const base = common(Math.min(MAX_FLOWS, Math.floor((openFiles - 2 * PIPES - OTHER_FILES) / 2)));
    const server = await startServer(lab, base + FAR);
    const router = await startRouter(lab, base + ROUTER);
    await tproxyLan(lab);
    const version = await askVersion(['haproxy', '-v'], /HAProxy version [\d.]+/);
    return { router: [router], server: [server], version: version.replace('version ', '') };
  },
};
