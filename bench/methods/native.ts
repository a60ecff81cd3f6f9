// MPTCP end to end: client and origin speak it themselves, nothing is relayed. What bonding costs at least.
import { Host } from '../../src/lab/host.ts';
import type { Lab } from '../../src/lab/lab.ts';
import type { HostName } from '../../src/lab/run-name.ts';
import type { Method } from '../method.ts';
import { levelGroundOfPeers } from './level-ground.ts';
import { kernelVersion } from './version.ts';

/** A host of the lab on which every program's TCP sockets are MPTCP. The lab's end ends its programs too. */
class MptcpHost extends Host {
  override enter(argv: readonly string[]): string[] {
    return super.enter(['mptcpize', 'run', ...argv]);
  }
}

/** For the origin's programs; the client's are in the carrier. */
export const mptcpHost = (lab: Lab, name: HostName): Host => new MptcpHost(lab.run, name);

export const native: Method = {
  name: 'native',
  packages: ['mptcpize'],
  bonds: true,
  async start(lab) {
    await levelGroundOfPeers(lab, lab.hosts.origin);
    // The router has the WANs: it is where a device with two uplinks of its own would be.
    return {
      router: [],
      server: [],
      client: mptcpHost(lab, 'router'),
      isNative: true,
      version: await kernelVersion(),
    };
  },
};
