// shadowsocks-libev, what most transparent proxies of routers are: ss-redir behind TPROXY, ss-server at the far end.
// When one side has finished sending they end both directions, so a device gets no answer after its own end.
import { startSsClient, startSsServer } from '../../src/lab/peers/shadowsocks-programs.ts';
import type { Method } from '../method.ts';
import { levelGroundOfPeers } from './level-ground.ts';
import { PROXY, tproxyLan } from './tproxy-lan.ts';
import { askVersion } from './version.ts';

const SERVER_PORT = 8388;
const CIPHERS = ['aes-128-gcm', 'aes-256-gcm', 'chacha20-ietf-poly1305'] as const;

// --mptcp asks mainline kernels for IPPROTO_MPTCP. -t: wanbond's of an idle flow, where the default is a minute.
const BOTH = ['--mptcp', '--no-delay', '-t', '7200'];

export const ssRedir: readonly Method[] = CIPHERS.map((method) => ({
  name: `ss-redir-${method.replace('-ietf-poly1305', '')}`,
  bonds: true,
  async start(lab) {
    await levelGroundOfPeers(lab);
    const cipher = { method, password: lab.files.key };
    const server = await startSsServer(lab, SERVER_PORT, cipher, BOTH);
    const ports = { port: PROXY.port, to: SERVER_PORT };
    const router = await startSsClient(lab.hosts.router, 'ss-redir', ports, cipher, [...BOTH, '-T']);
    await tproxyLan(lab);
    const version = await askVersion(['ss-redir', '--help'], /shadowsocks-libev [\d.]+/);
    return { router: [router], server: [server], version };
  },
}));
