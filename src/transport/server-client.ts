// The router's end of whatever a server speaks.
import type { ConvertProtocol, ServerProtocol } from '../config/server-protocol.ts';
import { createConvertClient } from './convert/client.ts';
import { type Asking, createForeignClient } from './convert/foreign-client.ts';
import type { ClientHandshake, ClientTransport } from './handshake.ts';
import { randomPool } from './random-pool.ts';
import { createShadowsocksClient } from './shadowsocks/client.ts';
import { createPlainClient } from './shadowsocks/plain.ts';
import { createSocks6Client } from './socks6/client.ts';
import { createSocks5Client } from './socks5/client.ts';

/**
 * Learns as it goes (the clock of a wanbond server), so one is to be kept for each server.
 *
 * @param isPipelined of SOCKS 5, whose `auto` is for the caller to try out
 */
export function createServerClient(protocol: ServerProtocol, isPipelined = false): ClientTransport {
  switch (protocol.transport) {
    case 'convert':
      return convertClient(protocol);
    case 'socks5':
      return createSocks5Client({ login: protocol.login, isPipelined });
    case 'socks6':
      return createSocks6Client({
        login: protocol.login,
        isNegotiable: false,
        usesTokens: true,
        isReplayable: false,
        remoteLeg: {},
      });
    default: {
      const { cipher } = protocol;
      return cipher === 'none' ? createPlainClient() : createShadowsocksClient({ ...cipher, now: Date.now });
    }
  }
}

const random = randomPool();

/** With a key the client for a server of ours, without one for a converter of others. */
export function convertClient({ id: serverId, keyId, key: psk }: ConvertProtocol): ConvertServerClient {
  if (!psk) return createForeignClient();
  return createConvertClient({ serverId, keyId, psk, now: Date.now, random });
}

export interface ConvertServerClient extends ClientTransport, Asking {
  /** Server time minus ours, once it was learned. */
  readonly clockOffsetMs?: number | undefined;
}

/** Handshakes that open no flow but show what the server makes of us; undefined where a connection is all there is to try. */
export type Asker = () => ClientHandshake | undefined;

/** For comparing: everything by which two servers differ. */
export function protocolText(protocol: ServerProtocol): string {
  return JSON.stringify(protocol, (_, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
  );
}
