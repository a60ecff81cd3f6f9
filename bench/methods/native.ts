// MPTCP end to end: client and origin speak it themselves, nothing is relayed. What bonding costs at least.
import type { Method } from '../method.ts';
import { levelGroundOfPeers } from './level-ground.ts';
import { kernelVersion } from './version.ts';

export const native: Method = {
  name: 'native',
  bonds: true,
  isNative: true,
  async start(lab) {
    await levelGroundOfPeers(lab, lab.hosts.origin);
    // The router has the WANs: it is where a device with two uplinks of its own would be.
    return { router: [], server: [], client: lab.hosts.router, version: await kernelVersion() };
  },
};
