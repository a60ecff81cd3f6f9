// V2Ray: a dokodemo-door behind TPROXY, VLESS without encryption to the far end, the least that it can do to a byte.
// Go programs make system calls without the C library, so mptcpize has no hold on them: plain TCP over one WAN.
import { SERVER } from '../../src/lab/addresses.ts';
import { startV2ray, type V2rayConfig } from '../../src/lab/peers/v2ray.ts';
import type { Method } from '../method.ts';
import { levelGroundOfPeers } from './level-ground.ts';
import { PROXY, tproxyLan } from './tproxy-lan.ts';
import { askVersion } from './version.ts';

const SERVER_PORT = 8443;
const USER = { id: '6f1b3a52-6d0c-4a2e-9c1d-3f2d1b7a9e10' };

const COMMON = {
  log: { access: 'none', loglevel: 'error' },
  // connIdle: wanbond's of an idle flow; the default is five minutes. The others are how many seconds V2Ray waits before it
  // passes on the end of a connection, 2 and 5 by default: nobody would have a visit take so long.
  policy: { levels: { 0: { connIdle: 7200, uplinkOnly: 0, downlinkOnly: 0 } } },
};

const ROUTER: V2rayConfig = {
  ...COMMON,
  inbounds: [
    {
      listen: PROXY.address,
      port: PROXY.port,
      protocol: 'dokodemo-door',
      settings: { network: 'tcp', followRedirect: true },
      streamSettings: { sockopt: { tproxy: 'tproxy' } },
    },
  ],
  outbounds: [
    {
      protocol: 'vless',
      settings: {
        vnext: [{ address: SERVER.address4, port: SERVER_PORT, users: [{ ...USER, encryption: 'none' }] }],
      },
    },
  ],
};

const FAR: V2rayConfig = {
  ...COMMON,
  inbounds: [
    {
      listen: SERVER.address4,
      port: SERVER_PORT,
      protocol: 'vless',
      settings: { clients: [USER], decryption: 'none' },
    },
  ],
  outbounds: [{ protocol: 'freedom' }],
};

export const v2ray: Method = {
  name: 'v2ray',
  bonds: false,
  async start(lab) {
    await levelGroundOfPeers(lab);
    const server = await startV2ray(lab, lab.hosts.server, FAR);
    const router = await startV2ray(lab, lab.hosts.router, ROUTER);
    await tproxyLan(lab);
    const version = await askVersion(['v2ray', '-version'], /V2Ray [\d.]+/);
    return { router: [router], server: [server], version };
  },
};
