// The keys of Shadowsocks as its programs write them: a password, or base64 of the very bytes for the 2022 edition.
import { createHash } from 'node:crypto';
import type * as z from 'zod';
import { fault } from './field.ts';
import type { Method } from './shadowsocks-method.ts';

export type ShadowsocksKeys = readonly [...Uint8Array[], Uint8Array];

/** EVP_BytesToKey of OpenSSL with MD5 and one round: the master key of the 2017 edition. */
export function passwordKey(password: string, keyBytes: number): Buffer {
  const text = Buffer.from(password);
  let key: Buffer = Buffer.alloc(0);
  for (let last: Buffer = Buffer.alloc(0); key.length < keyBytes; ) {
    last = createHash('md5').update(last).update(text).digest();
    key = Buffer.concat([key, last]);
  }
  return key.subarray(0, keyBytes);
}

/**
 * The keys in `text`, which is never put into a message. Of the 2022 edition there may be several, with colons between them,
 * where the server tells its users apart (SIP023): the user's own is the last.
 */
export function shadowsocksKeys(
  method: Method,
  text: string,
  context: z.RefinementCtx,
  path: PropertyKey[],
): ShadowsocksKeys {
  if (method.edition === 2017) {
    if (text.length > 0) return [passwordKey(text, method.keyBytes)];
    return fault(context, 'is empty', 'Write the password that both ends share.', path);
  }
  const hint = `${method.name} takes ${method.keyBytes} bytes: make them with \`head -c ${method.keyBytes} /dev/urandom | base64\`.`;
  const keys: Uint8Array[] = [];
  for (const part of text.split(':')) {
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(part)) return fault(context, 'is not base64', hint, path);
    const key = Uint8Array.from(Buffer.from(part, 'base64'));
    if (key.length !== method.keyBytes)
      return fault(context, `is ${key.length} bytes, not ${method.keyBytes}`, hint, path);
    keys.push(key);
  }
  if (keys.length > 1 && method.cipher === 'chacha20-poly1305')
    return fault(context, `holds several keys, which ${method.name} has not`, 'Write one key.', path);
  return keys as unknown as ShadowsocksKeys;
}
