// The server's side of Shadowsocks: whose request it is, proved fresh and not seen before, and where it wants to go.
//
// Nobody who has no key learns anything: every failure is the same silent reset, whatever was read of it (SIP022 section
// 3.1.3). The 2022 edition wants salt and fixed header in the first read, so that single bytes cannot probe for it.
import type { ShadowsocksUser } from '../../config/listen-protocol.ts';
import type { FailureReason } from '../failure.ts';
import type { Answers, ServerStep, ServerTransport } from '../handshake.ts';
import { decodeTarget, type NamedTarget } from '../socks-address.ts';
import { Opener, TAG_BYTES } from './aead.ts';
import { serverCodec } from './answer.ts';
import { ChunkOpener } from './chunks.ts';
import {
  isFresh,
  MAX_PADDING_BYTES,
  PADDING_LENGTH_BYTES,
  readRequestHeader,
  REQUEST_HEADER_BYTES,
} from './header.ts';
import { IDENTITY_BYTES, keyHash, openIdentity, sessionKey } from './keys.ts';
import type { Method } from '../../config/shadowsocks-method.ts';

export interface ShadowsocksServerOptions {
  readonly method: Method;
  /** Opens the identity headers of SIP023; undefined where the one user's key opens everything. */
  readonly identityKey: Uint8Array | undefined;
  /** Exactly one without an `identityKey`. */
  readonly users: readonly [ShadowsocksUser, ...ShadowsocksUser[]];
  /** Whether this salt was never seen; asked only of a request that is proved, and remembered from then on; `unnoted` when a later start of the server could not know. `timeMs` is what the request says, in the 2022 edition. */
  readonly admit: (
    user: number,
    salt: Uint8Array,
    timeMs: number | undefined,
  ) => 'fresh' | 'replayed' | 'full' | 'unnoted';
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Requests with a time before this are refused: whether they were seen is not known any more. The 2017 edition tells no time. */
  readonly startedAtMs: number;
}

const SECOND_MS = 1000;
const MORE: ServerStep = { kind: 'more' };
const NO_HINTS = { isLossy: false };
// The bytes of the target are the answer, and what failed is told by a reset.
const ANSWERS: Answers = { accept: () => Buffer.alloc(0), refuse: () => undefined };
const reset = (reason: FailureReason, detail: string): ServerStep => ({ kind: 'reset', reason, detail });
const FORGED = reset('not-authorized', 'sealed with another key or method');
const MALFORMED = reset('malformed', 'a request without a target or padding');
const CUT = reset('malformed', 'the first segment is shorter than salt and header');

export function createShadowsocksServer(options: ShadowsocksServerOptions): ServerTransport {
  if (options.method.edition === 2017)
    return { start: () => ({ receive: (bytes) => read2017(options, bytes) }) };
  const byHash = new Map(options.users.map((user) => [keyHash(user.key).toString('hex'), user]));
  return { start: () => ({ receive: (bytes) => read2022(options, byHash, bytes) }) };
}

function read2017(options: ShadowsocksServerOptions, bytes: Uint8Array): ServerStep {
  const { method, users } = options;
  const user = users[0];
  const { key } = user;
  if (bytes.length < method.keyBytes) return MORE;
  const salt = Buffer.from(bytes.subarray(0, method.keyBytes));
  const chunks = new ChunkOpener(new Opener(method.cipher, sessionKey(method, key, salt)), method.chunkBytes);
  const opened = chunks.open(bytes.subarray(salt.length));
  if (!opened) return FORGED;
  const plain = Buffer.concat(opened);
  const target = decodeTarget(plain);
  if (target === 'malformed') return MALFORMED;
  if (target === 'more') return MORE;
  return (
    refusalOf(options, user, salt, undefined) ?? {
      kind: 'dial',
      target: target.target,
      ...asker(user),
      hints: NO_HINTS,
      consumed: bytes.length,
      sealed: { codec: serverCodec(options, { key, salt }, chunks), first: plain.subarray(target.bytes) },
      ...ANSWERS,
    }
  );
}

function read2022(
  options: ShadowsocksServerOptions,
  byHash: ReadonlyMap<string, ShadowsocksUser>,
  bytes: Uint8Array,
): ServerStep {
  const { method, identityKey } = options;
  const identityAt = method.keyBytes;
  const headerAt = identityAt + (identityKey ? IDENTITY_BYTES : 0);
  const bodyAt = headerAt + REQUEST_HEADER_BYTES + TAG_BYTES;
  if (bytes.length < bodyAt) return CUT;
  const salt = Buffer.from(bytes.subarray(0, identityAt));
  const known = identityKey
    ? byHash.get(openIdentity(identityKey, salt, bytes.subarray(identityAt, headerAt)).toString('hex'))
    : options.users[0];
  // An unknown user costs the same time as a known one with a wrong header.
  const user = known ?? options.users[0];
  const { key } = user;
  const opener = new Opener(method.cipher, sessionKey(method, key, salt));
  const opened = opener.open(bytes.subarray(headerAt, bodyAt));
  const header = known && opened && readRequestHeader(opened);
  if (!header) return FORGED;
  const stale = staleness(options, header.timeMs);
  if (stale) return stale;
  const end = bodyAt + header.bytes + TAG_BYTES;
  if (bytes.length < end) return MORE;
  const body = opener.open(bytes.subarray(bodyAt, end));
  if (!body) return FORGED;
  const request = readBody(body);
  if (!request) return MALFORMED;
  return (
    refusalOf(options, user, salt, header.timeMs) ?? {
      kind: 'dial',
      target: request.target,
      ...asker(user),
      hints: NO_HINTS,
      consumed: end,
      sealed: {
        codec: serverCodec(options, { key, salt }, new ChunkOpener(opener, method.chunkBytes)),
        first: request.first,
      },
      ...ANSWERS,
    }
  );
}

const asker = ({ name }: ShadowsocksUser) => ({ who: `user ${name}`, keyId: undefined });

/** Target, padding and first bytes; undefined when something is missing (SIP022: one of the latter has to be there). */
function readBody(body: Buffer): { readonly target: NamedTarget; readonly first: Buffer } | undefined {
  const decoded = decodeTarget(body);
  if (typeof decoded === 'string' || body.length < decoded.bytes + PADDING_LENGTH_BYTES) return undefined;
  const padding = body.readUInt16BE(decoded.bytes);
  const firstAt = decoded.bytes + PADDING_LENGTH_BYTES + padding;
  if (padding > MAX_PADDING_BYTES || firstAt > body.length) return undefined;
  const first = body.subarray(firstAt);
  return padding === 0 && first.length === 0 ? undefined : { target: decoded.target, first };
}

function staleness({ now, startedAtMs }: ShadowsocksServerOptions, timeMs: number): ServerStep | undefined {
  const nowMs = now();
  if (!isFresh(timeMs, nowMs)) {
    return reset(
      'clock',
      `its time is ${Math.round((timeMs - nowMs) / 1000)} s from ours; at most 30 are allowed`,
    );
  }
  // A time is in whole seconds, and our first one is let in. What a server before us let in during it is not: that has
  // noted until when (relay/server/admitted-until), and `startedAtMs` is no earlier.
  if (timeMs < Math.floor(startedAtMs / SECOND_MS) * SECOND_MS)
    return reset('clock', 'it may have been served before this server started');
  return undefined;
}

function refusalOf(
  { admit, users }: ShadowsocksServerOptions,
  user: ShadowsocksUser,
  salt: Buffer,
  timeMs: number | undefined,
): ServerStep | undefined {
  const admission = admit(users.indexOf(user), salt, timeMs);
  if (admission === 'replayed') return reset('replayed', 'its salt was seen before');
  if (admission === 'unnoted')
    return reset('resource', 'its time cannot be noted: the folder state-dir has to be there and writable');
  if (admission === 'full') return reset('resource', 'too many requests to tell replays from them');
  return undefined;
}
