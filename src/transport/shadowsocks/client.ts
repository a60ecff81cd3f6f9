// The client's side of Shadowsocks: no reply to wait for, so a flow is established with the first write.
import { randomBytes, randomInt } from 'node:crypto';
import type { SocketAddress } from '../../base/address.ts';
import type { ClientStep, ClientTransport } from '../handshake.ts';
import { encodeTarget } from '../socks-address.ts';
import type { StreamCodec } from '../stream-codec.ts';
import { Opener, Sealer, TAG_BYTES } from './aead.ts';
import { ChunkOpener, ChunkSealer } from './chunks.ts';
import { joinCodec } from './codec.ts';
import {
  fixedRequestHeader,
  isFresh,
  MAX_PADDING_BYTES,
  PADDING_LENGTH_BYTES,
  readResponseHeader,
  responseHeaderBytes,
} from './header.ts';
import { Incoming } from './incoming.ts';
import { sealIdentity, sessionKey } from './keys.ts';
import type { Method } from '../../config/shadowsocks-method.ts';
import { Outgoing } from './outgoing.ts';

export interface ShadowsocksClientOptions {
  readonly method: Method;
  /** The keys of the way, the user's own last; only the 2022 edition has more than one. */
  readonly keys: readonly [...Uint8Array[], Uint8Array];
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export function createShadowsocksClient(options: ShadowsocksClientOptions): ClientTransport {
  return {
    start: (target) => {
      let codec: StreamCodec | undefined;
      return {
        isBlind: true,
        hello: (early) => {
          const upstream = open(options, target);
          codec = upstream;
          const into = Buffer.alloc(upstream.sealedBytes(early.length));
          return into.subarray(0, upstream.seal(early, into));
        },
        receive: (): ClientStep => ({
          kind: 'established',
          consumed: 0,
          families: undefined,
          codec: codec as StreamCodec,
        }),
      };
    },
  };
}

/** A new upstream: what it sends begins with the request. */
function open({ method, keys, now }: ShadowsocksClientOptions, target: SocketAddress): StreamCodec {
  const salt = randomBytes(method.keyBytes);
  const key = keys.at(-1) as Uint8Array;
  const sealer = new Sealer(method.cipher, sessionKey(method, key, salt));
  const chunks = new ChunkSealer(sealer, method.chunkBytes);
  const header = method.edition === 2022 ? request2022 : request2017;
  const outgoing = new Outgoing(chunks, method.chunkBytes, (plain, into) =>
    header({ salt, keys, sealer, chunks, target: encodeTarget(target), timeMs: now() }, plain, into),
  );
  const incoming = method.edition === 2022 ? response2022(method, key, salt, now) : response2017(method, key);
  return joinCodec(outgoing, incoming);
}

interface Request {
  readonly salt: Buffer;
  readonly keys: readonly Uint8Array[];
  readonly sealer: Sealer;
  readonly chunks: ChunkSealer;
  /** In the form of SOCKS. */
  readonly target: Buffer;
  readonly timeMs: number;
}

/** Target and first bytes share the first chunk. */
function request2017({ salt, chunks, target }: Request, plain: Uint8Array, into: Buffer) {
  into.set(salt);
  const end = chunks.seal(Buffer.concat([target, plain]), into, salt.length);
  return { end, taken: plain.length };
}

function request2022({ salt, keys, sealer, target, timeMs }: Request, plain: Uint8Array, into: Buffer) {
  const padding = plain.length === 0 ? randomInt(1, MAX_PADDING_BYTES + 1) : 0;
  const room = 0xffff - target.length - PADDING_LENGTH_BYTES - padding;
  const first = plain.subarray(0, room);
  const body = Buffer.alloc(target.length + PADDING_LENGTH_BYTES + padding + first.length);
  body.set(target);
  body.writeUInt16BE(padding, target.length);
  body.set(first, target.length + PADDING_LENGTH_BYTES + padding);
  into.set(salt);
  let end = salt.length;
  for (const [i, identityKey] of keys.slice(0, -1).entries()) {
    const identity = sealIdentity(identityKey, salt, keys[i + 1] as Uint8Array);
    into.set(identity, end);
    end += identity.length;
  }
  end = sealer.seal(fixedRequestHeader(timeMs, body.length), into, end);
  return { end: sealer.seal(body, into, end), taken: first.length };
}

function response2017(method: Method, key: Uint8Array): Incoming {
  return new Incoming(
    method.keyBytes,
    (salt) => new ChunkOpener(new Opener(method.cipher, sessionKey(method, key, salt)), method.chunkBytes),
  );
}

function response2022(method: Method, key: Uint8Array, requestSalt: Buffer, now: () => number): Incoming {
  const { keyBytes } = method;
  return new Incoming(keyBytes + responseHeaderBytes(keyBytes) + TAG_BYTES, (bytes) => {
    const opener = new Opener(method.cipher, sessionKey(method, key, bytes.subarray(0, keyBytes)));
    const plain = opener.open(bytes.subarray(keyBytes));
    const header = plain && readResponseHeader(plain, keyBytes);
    if (!header || !isFresh(header.timeMs, now()) || !header.requestSalt.equals(requestSalt))
      return undefined;
    return new ChunkOpener(opener, method.chunkBytes, header.firstBytes);
  });
}
