// The server's side of Convert: nothing is dialled, looked up or logged before the client has shown that it may ask, by
// the proof of a key, or by an allowed address and a cookie.
import type { Address } from '../../base/address.ts';
import type { AnswerableRequest, ServerHandshake, ServerStep, ServerTransport } from '../handshake.ts';
import * as answer from './answer.ts';
import { cookiePrefix, requestPrefix, verify } from './auth.ts';
import { readTimeMs } from './clock.ts';
import * as rfc from './constants.ts';
import { cookieIsGood, issueCookie } from './cookie.ts';
import { serveForeign } from './foreign.ts';
import { ForeignCookies } from './foreign-cookie.ts';
import { type DerivedKeys, deriveKeys, type NamedKey } from './keys.ts';
import { findTlv, parseMessage, type Tlv } from './message.ts';
import type { ReplayWindow } from './replay.ts';
import { readResume } from './resume.ts';

export interface ConvertServerOptions {
  readonly serverId: string;
  readonly keys: readonly NamedKey[];
  /** One per server id, shared by all workers. */
  readonly replay: ReplayWindow;
  /** Milliseconds since 1970 on a clock that never steps (`steadyClock`), the same one in all workers. */
  readonly now: () => number;
  /** Random bytes for the cookies of clients without a key, the same in all workers. */
  readonly foreignSecret: Uint8Array;
  /** Kinds of the TCP options that SYNs of this host have, those that a client may ask for. */
  readonly tcpOptions: readonly number[];
}

/** A server whose keys may change: that of a hello is looked up when the hello is there. */
export interface ConvertServer extends ServerTransport {
  /** @param foreign address of the client, when that may use the server without a key */
  start(foreign?: Address): ServerHandshake;
  /** @throws WanbondError `bad-key`, and nothing has changed */
  setKeys(keys: readonly NamedKey[]): void;
  /** The replies to a request that another worker has read; undefined when its key is no longer there. */
  answersTo(request: AnswerableRequest): answer.ConvertAnswers | undefined;
}

/** A request whose tag is right. */
interface Proven extends answer.Request {
  readonly keyId: number;
  readonly serverToClient: DerivedKeys['serverToClient'];
  readonly nonce: Buffer;
  readonly timeMs: number;
  readonly flags: number;
  readonly requestTag: Buffer;
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
  const { replay, now, tcpOptions } = options;
  const foreignCookies = new ForeignCookies(options.foreignSecret, now);
  let keysById = deriveAll(options.keys);
  const prefix = requestPrefix(options.serverId);
  const cookieLabel = cookiePrefix(options.serverId);

  function receive(bytes: Uint8Array, foreign: Address | undefined): ServerStep {
    const parsed = parseMessage(bytes);
    switch (parsed.kind) {
      case 'more':
        return MORE;
      case 'not-convert':
        return { kind: 'reset', reason: 'malformed', detail: parsed.detail };
      case 'version':
        return answer.refusal(
          answer.FOREIGN_VOICE,
          rfc.ERROR_UNSUPPORTED_VERSION,
          Uint8Array.of(rfc.VERSION),
          'unsupported',
          `version ${parsed.version}`,
        );
      case 'malformed':
        return answer.malformed({ voice: answer.FOREIGN_VOICE, message: parsed.message }, parsed.detail);
      default:
        return admitOrRefuse(parsed.message, parsed.tlvs, foreign);
    }
  }

  function admitOrRefuse(message: Buffer, tlvs: readonly Tlv[], client: Address | undefined): ServerStep {
    const unknown = tlvs.find(({ type }) => !CLIENT_TLVS.has(type));
    if (unknown) {
      const asked = { voice: answer.FOREIGN_VOICE, message };
      return answer.unsupported(asked, `TLV ${unknown.type} is not known here`);
    }
    const auth = findTlv(tlvs, rfc.TLV_AUTH);
    return auth
      ? prove(message, tlvs, auth)
      : serveForeign({ message, tlvs, client }, foreignCookies, tcpOptions);
  }

  function prove(message: Buffer, tlvs: readonly Tlv[], auth: Tlv): ServerStep {
    if (auth.end - auth.start !== rfc.AUTH_BYTES) {
      const asked = { voice: answer.FOREIGN_VOICE, message };
      return answer.malformed(asked, 'authentication TLV of another size');
    }
    if (message.readUInt8(auth.start + 2) !== rfc.ALG_HMAC_SHA256_128)
      return answer.unauthorized('unknown algorithm');
    const keyId = message.readUInt32BE(auth.start + rfc.AUTH_KEY_ID_AT);
    const keys = keysById.get(keyId);
    const tagAt = auth.start + rfc.AUTH_TAG_AT;
    const right = verify((keys ?? DECOY).clientToServer, prefix, message, tagAt);
    if (!keys) return answer.unauthorized(`unknown key id ${keyId}`);
    if (!right) return answer.unauthorized(`wrong tag for key id ${keyId}`);
    const flags = message.readUInt8(auth.start + rfc.AUTH_FLAGS_AT);
    const { serverToClient, name } = keys;
    // A copy: `accept` comes later, when the caller's buffer holds another flow's bytes.
    const requestTag = Buffer.from(message.subarray(tagAt, auth.end));
    return admit({
      message,
      tlvs,
      voice: answer.signedVoice(serverToClient, requestTag),
      keyId,
      who: name,
      hints: { isLossy: (flags & rfc.FLAG_LOSSY) !== 0 },
      serverToClient,
      nonce: message.subarray(auth.start + rfc.AUTH_NONCE_AT, tagAt),
      timeMs: readTimeMs(message, auth.start + rfc.AUTH_TIME_AT),
      flags,
      requestTag,
    });
  }

  function admit(request: Proven): ServerStep {
    const nowMs = now();
    if (!isRecent(request, nowMs)) {
      const cookie = issueCookie(request.serverToClient, cookieLabel, request.nonce, nowMs);
      const value = answer.afterZero(cookie);
      return answer.refusal(
        request.voice,
        rfc.ERROR_MISSING_COOKIE,
        value,
        'clock',
        whyStale(request, nowMs),
      );
    }
    switch (replay.admit(request.keyId, request.nonce, nowMs)) {
      case 'replayed':
        return answer.unauthorized(`replayed hello of ${request.who}`, 'replayed');
      case 'full':
        return nonceSetFull(request);
      default:
        return (request.flags & ~rfc.KNOWN_FLAGS) === 0
          ? take(request, nowMs)
          : answer.unsupported(request, 'unknown flags');
    }
  }

  function take(request: Proven, nowMs: number): ServerStep {
    const warm = findTlv(request.tlvs, rfc.TLV_WARM);
    if (warm) return keepOrRefuse(request, warm);
    const tlv = findTlv(request.tlvs, rfc.TLV_RESUME);
    if (!tlv) return answer.connect(request, flowIdOf(request.keyId, request.nonce), tcpOptions);
    const resume = readResume(request.message, tlv);
    if (!resume) return answer.malformed(request, 'a bad Resume TLV');
    const flowId = flowIdOf(request.keyId, resume.nonce);
    const step = answer.connect(request, flowId, tcpOptions);
    if (step.kind !== 'dial') return step;
    const { keyId, requestTag } = request;
    const { target, hints, consumed } = step;
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
      const cookie = message.subarray(tlv.start + rfc.COOKIE_VALUE_AT, tlv.end);
      return cookieIsGood(serverToClient, cookieLabel, nonce, cookie, nowMs, replay.startedAtMs);
    }
    return (
      timeMs >= nowMs - rfc.PAST_WINDOW_MS &&
      timeMs <= nowMs + rfc.AHEAD_WINDOW_MS &&
      timeMs >= replay.startedAtMs + rfc.AHEAD_WINDOW_MS
    );
  }

  return {
    start: (foreign) => ({ receive: (bytes) => receive(bytes, foreign) }),
    answersTo: ({ keyId, tag, target }) => {
      const keys = keysById.get(keyId);
      return keys && answer.answers(answer.signedVoice(keys.serverToClient, tag), target);
    },
    setKeys: (keys) => {
      keysById = deriveAll(keys);
    },
  };
}

function keepOrRefuse(request: Proven, { start, end }: Tlv): ServerStep {
  if (end - start !== rfc.WORD_BYTES) return answer.malformed(request, 'Warm TLV of another size');
  if (request.message.readUInt16BE(start + 2) !== 0)
    return answer.unsupported(request, 'unknown flags of Warm');
  return answer.keep(request, request.keyId);
}

function nonceSetFull(request: Proven): ServerStep {
  const delayS = Uint8Array.of(rfc.FULL_RETRY_AFTER_S);
  return answer.refusal(
    request.voice,
    rfc.ERROR_RESOURCE_EXCEEDED,
    delayS,
    'resource',
    'the nonce set is full',
  );
}

function notHere(request: Proven): ServerStep {
  const detail = `${request.who} asks to go on with a flow that this server does not know`;
  return answer.refusal(request.voice, rfc.ERROR_NOT_AUTHORIZED, Uint8Array.of(0), 'replayed', detail);
}

/** By the nonce of the hello that the flow began with. */
function flowIdOf(keyId: number, nonce: Buffer): string {
  return `${keyId} ${nonce.toString('latin1')}`;
}

interface KnownKey extends DerivedKeys {
  readonly name: string;
}

function deriveAll(keys: readonly NamedKey[]): ReadonlyMap<number, KnownKey> {
  return new Map(keys.map((key) => [key.id, { name: key.name, ...deriveKeys(key) }]));
}

function whyStale({ tlvs, who, timeMs }: Proven, nowMs: number): string {
  const why = findTlv(tlvs, rfc.TLV_COOKIE)
    ? 'its cookie is no longer good'
    : `its clock is ${Math.round(timeMs - nowMs)} ms from ours, or behind our start`;
  return `${who} was sent a cookie: ${why}`;
}
