// The server's side without signalling: the client's packets were routed here, so its connection itself says the target.
import type { Address, SocketAddress } from '../base/address.ts';
import type { ServerHandshake } from './handshake.ts';

const NOTHING = Buffer.alloc(0);

/**
 * @param target where the client connected to. @param source the address that the target is to see; undefined for one of
 * ours
 */
export function startIntercept(target: SocketAddress, source: Address | undefined): ServerHandshake {
  return {
    isSilent: true,
    receive: () => ({
      kind: 'dial',
      target,
      who: 'an intercepted flow',
      keyId: undefined,
      inPath: { source },
      hints: { isLossy: false },
      consumed: 0,
      accept: () => NOTHING,
      // The client is connected already: a reset is all that it can be told.
      refuse: () => undefined,
    }),
  };
}
