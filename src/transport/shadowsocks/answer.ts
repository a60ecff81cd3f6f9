// The codec of the server's end: the answer carries the salt of the request, so that it cannot be taken for another's.
import { randomBytes } from 'node:crypto';
import type { StreamCodec } from '../stream-codec.ts';
import { Sealer } from './aead.ts';
import { type ChunkOpener, ChunkSealer } from './chunks.ts';
import { joinCodec } from './codec.ts';
import { fixedResponseHeader } from './header.ts';
import { sessionKey } from './keys.ts';
import type { Method } from '../../config/shadowsocks-method.ts';
import { Outgoing } from './outgoing.ts';

export function serverCodec(
  { method, now }: { readonly method: Method; readonly now: () => number },
  request: { readonly key: Uint8Array; readonly salt: Buffer },
  incoming: ChunkOpener,
): StreamCodec {
  const salt = randomBytes(method.keyBytes);
  const sealer = new Sealer(method.cipher, sessionKey(method, request.key, salt));
  const chunks = new ChunkSealer(sealer, method.chunkBytes);
  const outgoing = new Outgoing(chunks, method.chunkBytes, (plain, into) => {
    into.set(salt);
    if (method.edition === 2017) return { end: chunks.seal(plain, into, salt.length), taken: plain.length };
    const first = plain.subarray(0, method.chunkBytes);
    const header = fixedResponseHeader(now(), request.salt, first.length);
    return { end: sealer.seal(first, into, sealer.seal(header, into, salt.length)), taken: first.length };
  });
  return joinCodec(outgoing, incoming);
}
