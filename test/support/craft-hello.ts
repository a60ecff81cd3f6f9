// Hellos as a router would send them, made by hand: to be cut, bent, sent twice or signed with a wrong key.
import { randomBytes } from 'node:crypto';
import { parseAddress } from '../../src/base/address.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { createConvertClient } from '../../src/transport/convert/client.ts';
import type { ClientHandshake } from '../../src/transport/handshake.ts';

export interface HelloOptions {
  readonly keyId?: number;
  /** Base64; the lab's key when not given. */
  readonly key?: string;
  /** How far the router's clock is ahead. */
  readonly aheadMs?: number;
  /** The device's first bytes, behind the hello. */
  readonly early?: Uint8Array;
}

export interface CraftedHello {
  readonly bytes: Buffer;
  /** Judges the server's reply to it. */
  readonly handshake: ClientHandshake;
}

/** The length of a hello without cookie and first bytes. */
export const HELLO_BYTES = 72;

const SERVER_ID = 'wanbond';

export function craftHello(
  lab: Lab,
  target: { readonly address: string; readonly port: number },
  options: HelloOptions = {},
): CraftedHello {
  const client = createConvertClient({
    serverId: SERVER_ID,
    keyId: options.keyId ?? 1,
    psk: Buffer.from(options.key ?? lab.files.key, 'base64'),
    now: () => Date.now() + (options.aheadMs ?? 0),
    random: randomBytes,
  });
  const handshake = client.start({ address: parseAddress(target.address), port: target.port });
  return { bytes: handshake.hello(options.early ?? Buffer.alloc(0)), handshake };
}
