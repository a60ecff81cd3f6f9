// A host without fault, for tests to break in one place.
import type { HostFeatures } from '../../linux/features.ts';

export const GOOD_HOST: HostFeatures = {
  kernelRelease: '6.1.0-18-amd64',
  nodeVersion: '20.19.0',
  isMptcpEnabled: true,
  mptcpSocketError: undefined,
  ipMptcpError: undefined,
  libnftablesError: undefined,
  nft: { hasTproxy: true, hasSocket: true, hasRedirect: true },
  capabilities: (1n << 41n) - 1n,
  congestionAvailable: ['reno', 'cubic', 'bbr'],
  congestionAllowed: ['reno', 'cubic', 'bbr'],
  memoryBytes: 2 ** 30,
  tcpRmemMaxBytes: 2 ** 25,
  tcpWmemMaxBytes: 2 ** 25,
  openFilesMax: 1_048_576,
  pipeUserPagesSoft: 16_384,
  pipeMaxSizeBytes: 2 ** 20,
  unprivilegedPortStart: 1024,
  isForwarding: { v4: true, v6: true },
  tcpFastOpen: 1,
  interfaces: [
    { name: 'lo', isUp: true, addresses: [] },
    { name: 'br-lan', isUp: true, addresses: ['192.168.1.1'] },
    { name: 'eth1', isUp: true, addresses: ['203.0.113.5', '2001:db8::5'] },
    { name: 'eth2', isUp: true, addresses: ['203.0.113.70'] },
    { name: 'eth3', isUp: false, addresses: [] },
    { name: 'wwan0', isUp: true, addresses: [] },
  ],
};
