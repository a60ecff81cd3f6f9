// The server's side of Convert: nothing is dialled, looked up or logged before the proof of the key is right.
import type { AnswerableRequest, ServerStep, ServerTransport } from '../handshake.ts';
import {
  afterZero,
  answers,
  type ConvertAnswers,
  connect,
  keep,
  type Proven,
  signed,
  slice,
  unauthorized,
  unsigned,
} from './answer.ts';
import { cookiePrefix, requestPrefix, verify } from './auth.ts';
import { readTimeMs } from './clock.ts';
import * as rfc from './constants.ts';
import { cookieIsGood, issueCookie } from './cookie.ts';
import { type DerivedKeys, deriveKeys, type RouterKey } from './keys.ts';
import { findTlv, parseMessage, type Tlv } from './message.ts';
import type { ReplayWindow } from './replay.ts';
import { readResume } from './resume.ts';

export interface ConvertServerOptions {
  readonly serverId: string;
  readonly keys: readonly RouterKey[];
  /** One per server id, shared by all workers. */
  readonly replay: ReplayWindow;
  /** Milliseconds since 1970 on a clock that never steps (`steadyClock`), the same one in all workers. */
  readonly now: () => number;
}

/** A server whose keys may change: that of a hello is looked up when the hello is there. */
export interface ConvertServer extends ServerTransport {
  /** @throws WanbondError `bad-key`, and nothing has changed */
  setKeys(keys: readonly RouterKey[]): void;
  /** The replies to a request that another worker has read; undefined when its key is no longer there. */
  answersTo(request: AnswerableRequest): ConvertAnswers | undefined;
}

const MORE: ServerStep = { kind: 'more' };
const CLIENT_TLVS: ReadonlySet<number> = new Set([
  rfc.TLV_INFO,
  rfc.TLV_CONNECT,
  rfc.TLV_COOKIE,
  rfc.TLV_AUTH,
  rfc.TLV_RESUME,
  rfc.TLV_WARM,
]);
// Stands in for the key of an unknown id, so that both take the same time; its verdict is not used.
const DECOY = deriveKeys({ id: 0, psk: new Uint8Array(rfc.PSK_BYTES) });

/** @throws WanbondError `bad-key` */
export function createConvertServer(options: ConvertServerOptions): ConvertServer {
  const { replay, now } = options;
  let keysById = deriveAll(options.keys);
  const prefix = requestPrefix(options.serverId);
  const cookieLabel = cookiePrefix(options.serverId);

  function receive(bytes: Uint8Array): ServerStep {
    const parsed = parseMessage(bytes);
    switch (parsed.kind) {
      case 'more':
        return MORE;
      case 'not-convert':
        return { kind: 'reset', reason: 'malformed', detail: parsed.detail };
      case 'version':
        return unsigned(
          rfc.ERROR_UNSUPPORTED_VERSION,
          Uint8Array.of(rfc.VERSION),
          `version ${parsed.version}`,
        );
      case 'malformed':
        return unsigned(rfc.ERROR_MALFORMED, afterZero(parsed.culprit), parsed.detail);
      default:
        return prove(parsed.message, parsed.tlvs);
    }
  }

  function prove(message: Buffer, tlvs: readonly Tlv[]): ServerStep {
    for (const tlv of tlvs) {
      if (!CLIENT_TLVS.has(tlv.type)) {
        return unsigned(
          rfc.ERROR_UNSUPPORTED_MESSAGE,
          slice(message, tlv),
          `TLV ${tlv.type} is not known here`,
        );
      }
    }
    const auth = findTlv(tlvs, rfc.TLV_AUTH);
    if (!auth) return unauthorized('no authentication TLV');
    if (auth.end - auth.start !== rfc.AUTH_BYTES) {
      return unsigned(
        rfc.ERROR_MALFORMED,
        afterZero(slice(message, auth)),
        'authentication TLV of another size',
      );
    }
    if (message.readUInt8(auth.start + 2) !== rfc.ALG_HMAC_SHA256_128)
      return unauthorized('unknown algorithm');
    const keyId = message.readUInt32BE(auth.start + rfc.AUTH_KEY_ID_AT);
    const keys = keysById.get(keyId);
    const tagAt = auth.start + rfc.AUTH_TAG_AT;
    const right = verify((keys ?? DECOY).clientToServer, prefix, message, tagAt);
    if (!keys) return unauthorized(`unknown key id ${keyId}`);
    if (!right) return unauthorized(`wrong tag for key id ${keyId}`);
    return admit({
      message,
      tlvs,
      keyId,
      serverToClient: keys.serverToClient,
      nonce: message.subarray(auth.start + rfc.AUTH_NONCE_AT, tagAt),
      timeMs: readTimeMs(message, auth.start + rfc.AUTH_TIME_AT),
      flags: message.readUInt8(auth.start + rfc.AUTH_FLAGS_AT),
      // A copy: `accept` comes later, when the caller's buffer holds another flow's bytes.
      requestTag: Buffer.from(message.subarray(tagAt, auth.end)),
    });
  }

  function admit(request: Proven): ServerStep {
    const nowMs = now();
    if (!isRecent(request, nowMs)) {
      const cookie = issueCookie(request.serverToClient, cookieLabel, request.nonce, nowMs);
      return signed(request, rfc.ERROR_MISSING_COOKIE, afterZero(cookie), 'clock', whyStale(request, nowMs));
    }
    switch (replay.admit(request.keyId, request.nonce, nowMs)) {
      case 'replayed':
        return unauthorized(`replayed hello of key id ${request.keyId}`, 'replayed');
      case 'full':
        return nonceSetFull(request);
      default:
        return (request.flags & ~rfc.KNOWN_FLAGS) === 0
          ? take(request, nowMs)
          : signed(request, rfc.ERROR_UNSUPPORTED_MESSAGE, Buffer.alloc(0), 'unsupported', 'unknown flags');
    }
  }

  function take(request: Proven, nowMs: number): ServerStep {
    if (findTlv(request.tlvs, rfc.TLV_WARM)) return keep(request);
    const tlv = findTlv(request.tlvs, rfc.TLV_RESUME);
    if (!tlv) return connect(request, request.nonce);
    const resume = readResume(request.message, tlv);
    if (!resume)
      return signed(request, rfc.ERROR_MALFORMED, Buffer.alloc(1), 'malformed', 'a bad Resume TLV');
    const step = connect(request, resume.nonce);
    if (step.kind !== 'dial') return step;
    const { keyId, requestTag } = request;
    const { resumable, target, hints, consumed } = step;
    const { flowId } = resumable;
    // From here on the earlier hello, should it still come, is a replay.
    const earlier = replay.admit(keyId, resume.nonce, nowMs);
    if (earlier === 'full') return nonceSetFull(request);
    const { point } = resume;
    if (earlier === 'fresh' && !point.isAnswered)
      return { ...step, resumable: { flowId, attempt: point.attempt } };
    const worker = earlier === 'fresh' ? undefined : replay.admittedBy(keyId, resume.nonce, nowMs);
    if (worker === undefined) return notHere(request);
    // Plain bytes, which survive the way to another thread.
    const answerable = { keyId, target, tag: Uint8Array.from(requestTag) };
    return { kind: 'resume', worker, flowId, point, request: answerable, hints, consumed };
  }

  function isRecent({ message, tlvs, serverToClient, nonce, timeMs }: Proven, nowMs: number): boolean {
    const tlv = findTlv(tlvs, rfc.TLV_COOKIE);
    if (tlv) {
      const cookie = message.subarray(tlv.start + 4, tlv.end);
      return cookieIsGood(serverToClient, cookieLabel, nonce, cookie, nowMs, replay.startedAtMs);
    }
    return (
      timeMs >= nowMs - rfc.PAST_WINDOW_MS &&
      timeMs <= nowMs + rfc.AHEAD_WINDOW_MS &&
      timeMs >= replay.startedAtMs + rfc.AHEAD_WINDOW_MS
    );
  }

  return {
    start: () => ({ receive }),
    answersTo: ({ keyId, tag, target }) => {
      const keys = keysById.get(keyId);
      return keys && answers(keys.serverToClient, tag, target);
    },
    setKeys: (keys) => {
      keysById = deriveAll(keys);
    },
  };
}

function nonceSetFull(request: Proven): ServerStep {
  const delayS = Uint8Array.of(rfc.FULL_RETRY_AFTER_S);
  return signed(request, rfc.ERROR_RESOURCE_EXCEEDED, delayS, 'resource', 'the nonce set is full');
}

function notHere(request: Proven): ServerStep {
  const detail = `key id ${request.keyId} asks to go on with a flow that this server does not know`;
  return signed(request, rfc.ERROR_NOT_AUTHORIZED, Uint8Array.of(0), 'replayed', detail);
}

function deriveAll(keys: readonly RouterKey[]): ReadonlyMap<number, DerivedKeys> {
  return new Map(keys.map((key) => [key.id, deriveKeys(key)]));
}

function whyStale({ tlvs, keyId, timeMs }: Proven, nowMs: number): string {
  const why = findTlv(tlvs, rfc.TLV_COOKIE)
    ? 'its cookie is no longer good'
    : `its clock is ${Math.round(timeMs - nowMs)} ms from ours, or behind our start`;
  return `key id ${keyId} was sent a cookie: ${why}`;
}
