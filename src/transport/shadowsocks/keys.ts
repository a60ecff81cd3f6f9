// From a pre-shared key to the key of one direction of one connection.
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { blake3 } from '@noble/hashes/blake3.js';
import type { Method } from '../../config/shadowsocks-method.ts';

const SESSION_2022 = Buffer.from('shadowsocks 2022 session subkey');
const IDENTITY_2022 = Buffer.from('shadowsocks 2022 identity subkey');
const SESSION_2017 = 'ss-subkey';
export const IDENTITY_BYTES = 16;

/** The key of a direction whose salt is `salt`; both have the length of the method's key. */
export function sessionKey({ edition, keyBytes }: Method, key: Uint8Array, salt: Uint8Array): Buffer {
  return edition === 2022
    ? derive(SESSION_2022, key, salt, keyBytes)
    : Buffer.from(hkdfSync('sha1', key, salt, SESSION_2017, keyBytes));
}

function derive(context: Uint8Array, key: Uint8Array, salt: Uint8Array, bytes: number): Buffer {
  return Buffer.from(blake3(Buffer.concat([key, salt]), { context, dkLen: bytes }));
}

/** What names a key inside an identity header (SIP023): 16 bytes. */
export const keyHash = (key: Uint8Array): Buffer => Buffer.from(blake3(key, { dkLen: IDENTITY_BYTES }));

/** The identity header by which the holder of `identityKey` learns that `next` is the key of what follows. */
export function sealIdentity(identityKey: Uint8Array, salt: Uint8Array, next: Uint8Array): Buffer {
  const cipher = createCipheriv(blockCipher(identityKey), identitySubkey(identityKey, salt), null);
  return Buffer.concat([cipher.setAutoPadding(false).update(keyHash(next)), cipher.final()]);
}

/** The `keyHash` in an identity header; of a forged one, 16 bytes that are nobody's. */
export function openIdentity(identityKey: Uint8Array, salt: Uint8Array, header: Uint8Array): Buffer {
  const cipher = createDecipheriv(blockCipher(identityKey), identitySubkey(identityKey, salt), null);
  return Buffer.concat([cipher.setAutoPadding(false).update(header), cipher.final()]);
}

const identitySubkey = (key: Uint8Array, salt: Uint8Array): Buffer =>
  derive(IDENTITY_2022, key, salt, key.length);

const blockCipher = (key: Uint8Array): string => (key.length === 16 ? 'aes-128-ecb' : 'aes-256-ecb');
