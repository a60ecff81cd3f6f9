// Both directions of a connection that speaks Shadowsocks, as the relay uses them.
import type { StreamCodec } from '../stream-codec.ts';
import type { Outgoing } from './outgoing.ts';

export function joinCodec(outgoing: Outgoing, incoming: Pick<StreamCodec, 'open' | 'isInside'>): StreamCodec {
  return {
    sealedBytes: (bytes) => outgoing.sealedBytes(bytes),
    seal: (plain, into) => outgoing.seal(plain, into),
    open: (bytes) => incoming.open(bytes),
    get isInside() {
      return incoming.isInside;
    },
  };
}
