// Shadowsocks without a cipher (`none`): the target, and then the bytes as they are. For ways that are safe by themselves.
import type { ClientStep, ClientTransport } from '../handshake.ts';
import { encodeTarget } from '../socks-address.ts';

const ESTABLISHED: ClientStep = { kind: 'established', consumed: 0, families: undefined };

export function createPlainClient(): ClientTransport {
  return {
    start: (target) => ({
      isBlind: true,
      hello: (early) => Buffer.concat([encodeTarget(target), early]),
      receive: () => ESTABLISHED,
    }),
  };
}
