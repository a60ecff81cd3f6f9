// The packets that the firewall is asked about: a LAN device opens a connection to some web server.
import { type Family, parseAddress } from '../../../base/address.ts';
import type { Prefix } from '../../../base/prefix.ts';
import type { Packet } from '../nft/packet.ts';

// Any public address serves: one that stands for all the others must be in no list of bogus or private ones.
const TARGETS = { 4: parseAddress('93.184.215.14'), 6: parseAddress('2606:2800:21f:cb07::1') } as const;
const WHOLE_ADDRESS_BITS = 128;
const HTTPS_PORT = 443;

export function webServer(family: Family, device: string, source: Prefix | undefined): Packet {
  return {
    family,
    iifname: device,
    oifname: undefined,
    mark: undefined,
    source,
    target: { address: TARGETS[family], bits: WHOLE_ADDRESS_BITS },
    targetPort: HTTPS_PORT,
    ctStatus: [],
    targetType: 'unicast',
    isTransparent: false,
  };
}
