// The client for a server of the config: with a key one of ours, without one a converter of others.
import { randomBytes } from 'node:crypto';
import type { ClientTransport } from '../handshake.ts';
import { createConvertClient } from './client.ts';
import { type Asking, createForeignClient } from './foreign-client.ts';

export interface ServerIdentity {
  readonly serverId: string;
  readonly keyId: number;
  /** 32 bytes; undefined for a converter of others, and the rest then says nothing. */
  readonly key: Uint8Array | undefined;
}

export interface ServerClient extends ClientTransport, Asking {
  /** Server time minus ours, once it was learned. */
  readonly clockOffsetMs?: number | undefined;
}

/** @throws WanbondError `bad-key` */
export function createServerClient({ serverId, keyId, key }: ServerIdentity): ServerClient {
  if (!key) return createForeignClient();
  return createConvertClient({ serverId, keyId, psk: key, now: Date.now, random: randomBytes });
}
