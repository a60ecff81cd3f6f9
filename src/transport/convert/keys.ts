// The two keys of a router, derived once from its pre-shared key.
import { hkdfSync } from 'node:crypto';
import { WanbondError } from '../../base/error.ts';
import { PSK_BYTES } from './constants.ts';
import { HmacKey } from './hmac.ts';

export interface RouterKey {
  /** u32, names the key on the wire. */
  readonly id: number;
  /** 32 random bytes. */
  readonly psk: Uint8Array;
}

/** As the server has it. */
export interface NamedKey extends RouterKey {
  /** Who has it, for the log. */
  readonly name: string;
}

export interface DerivedKeys {
  /** Kc: the client signs with it. */
  readonly clientToServer: HmacKey;
  /** Ks: the server signs with it. */
  readonly serverToClient: HmacKey;
}

/** @throws WanbondError `bad-key` */
export function deriveKeys({ id, psk }: RouterKey): DerivedKeys {
  if (!Number.isInteger(id) || id < 0 || id > 0xffff_ffff) {
    throw new WanbondError({
      code: 'bad-key',
      message: `key id ${id} is not a whole number from 0 to 4294967295`,
      hint: 'Give the key an id in that range.',
    });
  }
  if (psk.length !== PSK_BYTES) {
    throw new WanbondError({
      code: 'bad-key',
      message: `key ${id} has ${psk.length} bytes, not ${PSK_BYTES}`,
      hint: `Make a new key of ${PSK_BYTES} random bytes and give it to both router and server.`,
    });
  }
  return { clientToServer: derive(psk, 'wanbond c2s'), serverToClient: derive(psk, 'wanbond s2c') };
}

function derive(psk: Uint8Array, info: string): HmacKey {
  return new HmacKey(new Uint8Array(hkdfSync('sha256', psk, Buffer.alloc(0), info, 32)));
}
