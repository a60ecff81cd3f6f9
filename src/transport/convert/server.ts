// The server's side of Convert: nothing is dialled, looked up or logged before the proof of the key is right.
import type { KeyObject } from 'node:crypto';
import { familyOf } from '../../base/address.ts';
import type { FailureReason } from '../failure.ts';
import type { DialStep, ServerStep, ServerTransport } from '../handshake.ts';
import { cookiePrefix, requestPrefix, verify } from './auth.ts';
import { readTimeMs } from './clock.ts';
import * as rfc from './constants.ts';
import { cookieIsGood, issueCookie } from './cookie.ts';
import { toWire } from './errors.ts';
import { type DerivedKeys, deriveKeys, type RouterKey } from './keys.ts';
import {
  encodeMessage,
  errorTlv,
  extensionsTlv,
  findTlv,
  parseMessage,
  readConnect,
  type Tlv,
} from './message.ts';
import type { ReplayWindow } from './replay.ts';
import { signedReply } from './reply.ts';
import { isNoTarget } from './target.ts';

export interface ConvertServerOptions {
  readonly serverId: string;
  readonly keys: readonly RouterKey[];
  /** One per server id, shared by all workers. */
  readonly replay: ReplayWindow;
  /** Milliseconds since 1970 on a clock that never steps (`steadyClock`), the same one in all workers. */
  readonly now: () => number;
}

/** A request whose tag is right. */
interface Proven {
  readonly message: Buffer;
  readonly tlvs: readonly Tlv[];
  readonly keyId: number;
  readonly serverToClient: KeyObject;
  readonly nonce: Buffer;
  readonly timeMs: number;
  readonly flags: number;
  readonly requestTag: Buffer;
}

const MORE: ServerStep = { kind: 'more' };
const CLIENT_TLVS: readonly number[] = [rfc.TLV_INFO, rfc.TLV_CONNECT, rfc.TLV_COOKIE, rfc.TLV_AUTH];
// Stands in for the key of an unknown id, so that both take the same time; its verdict is not used.
const DECOY = deriveKeys({ id: 0, psk: new Uint8Array(rfc.PSK_BYTES) });

/** @throws WanbondError `bad-key` */
export function createConvertServer(options: ConvertServerOptions): ServerTransport {
  const { replay, now } = options;
  const keysById = new Map<number, DerivedKeys>();
  for (const key of options.keys) keysById.set(key.id, deriveKeys(key));
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
      case 'message':
        return prove(parsed.message, parsed.tlvs);
    }
  }

  function prove(message: Buffer, tlvs: readonly Tlv[]): ServerStep {
    for (const tlv of tlvs) {
      if (!CLIENT_TLVS.includes(tlv.type)) {
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
      // Copies: `accept` comes later, when the caller's buffer holds another flow's bytes.
      nonce: Buffer.from(message.subarray(auth.start + rfc.AUTH_NONCE_AT, tagAt)),
      timeMs: readTimeMs(message, auth.start + rfc.AUTH_TIME_AT),
      flags: message.readUInt8(auth.start + rfc.AUTH_FLAGS_AT),
      requestTag: Buffer.from(message.subarray(tagAt, auth.end)),
    });
  }

  function admit(request: Proven): ServerStep {
    const nowMs = now();
    if (!isRecent(request, nowMs)) {
      const cookie = issueCookie(request.serverToClient, cookieLabel, request.nonce, nowMs);
      const detail = `key id ${request.keyId}: its clock is ${Math.round(request.timeMs - nowMs)} ms from ours`;
      return signed(request, rfc.ERROR_MISSING_COOKIE, afterZero(cookie), 'clock', detail);
    }
    switch (replay.admit(request.keyId, request.nonce, nowMs)) {
      case 'replayed':
        return unauthorized(`replayed hello of key id ${request.keyId}`, 'replayed');
      case 'full':
        return signed(
          request,
          rfc.ERROR_RESOURCE_EXCEEDED,
          Uint8Array.of(rfc.FULL_RETRY_AFTER_S),
          'resource',
          'the nonce set is full',
        );
      case 'fresh':
        return request.flags === 0
          ? connect(request)
          : signed(request, rfc.ERROR_UNSUPPORTED_MESSAGE, Buffer.alloc(0), 'unsupported', 'unknown flags');
    }
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

  return { start: () => ({ receive }) };
}

function connect(request: Proven): ServerStep {
  const { message, tlvs } = request;
  const tlv = findTlv(tlvs, rfc.TLV_CONNECT);
  const wantsInfo = findTlv(tlvs, rfc.TLV_INFO) !== undefined;
  const info = wantsInfo ? [extensionsTlv(rfc.TCP_OPTION_MPTCP)] : [];
  if (!tlv) {
    if (!wantsInfo)
      return signed(request, rfc.ERROR_MALFORMED, Buffer.alloc(1), 'malformed', 'no Connect TLV');
    const bytes = signedReply(request.serverToClient, request.requestTag, undefined, ...info);
    return { kind: 'reply', bytes, reason: undefined, detail: 'told the supported TCP extensions' };
  }
  const size = tlv.end - tlv.start;
  const echo = afterZero(slice(message, tlv));
  if (size < rfc.CONNECT_BYTES)
    return signed(request, rfc.ERROR_MALFORMED, echo, 'malformed', 'short Connect TLV');
  if (size > rfc.CONNECT_BYTES) {
    const kinds = optionKinds(message.subarray(tlv.start + rfc.CONNECT_BYTES, tlv.end));
    return signed(request, rfc.ERROR_UNSUPPORTED_TCP_OPTION, kinds, 'unsupported', 'TCP options in Connect');
  }
  const target = readConnect(message, tlv);
  if (isNoTarget(target.address, target.port)) {
    return signed(
      request,
      rfc.ERROR_MALFORMED,
      echo,
      'malformed',
      'the target is no unicast address and port',
    );
  }
  return dial(request, target, info);
}

function dial(request: Proven, target: DialStep['target'], info: readonly Buffer[]): DialStep {
  const { serverToClient, requestTag, keyId } = request;
  return {
    kind: 'dial',
    target,
    keyId,
    consumed: request.message.length,
    accept: (families) => signedReply(serverToClient, requestTag, families, ...info),
    refuse(reason, retryAfterS) {
      const { code, value } = toWire(reason, familyOf(target.address), retryAfterS);
      return signedReply(serverToClient, requestTag, undefined, errorTlv(code, Uint8Array.of(value)));
    },
  };
}

/** The kinds of the TCP options, without padding; stops at what is no option. */
function optionKinds(options: Buffer): Uint8Array {
  const kinds: number[] = [];
  for (let at = 0; at < options.length; ) {
    const kind = options.readUInt8(at);
    if (kind === 0) break;
    if (kind === 1) {
      at += 1;
      continue;
    }
    const length = options[at + 1] ?? 0;
    kinds.push(kind);
    if (length < 2) break;
    at += length;
  }
  return Uint8Array.from(kinds);
}

const slice = (message: Buffer, tlv: Tlv): Buffer => message.subarray(tlv.start, tlv.end);
const afterZero = (bytes: Uint8Array): Buffer => Buffer.concat([Buffer.alloc(1), bytes]);

function signed(
  request: Proven,
  code: number,
  value: Uint8Array,
  reason: FailureReason,
  detail: string,
): ServerStep {
  const error = errorTlv(code, value, rfc.REPLY_BYTES);
  const bytes = signedReply(request.serverToClient, request.requestTag, undefined, error);
  return { kind: 'reply', bytes, reason, detail };
}

function unsigned(code: number, value: Uint8Array, detail: string): ServerStep {
  const reason = code === rfc.ERROR_MALFORMED ? 'malformed' : 'unsupported';
  return { kind: 'reply', bytes: encodeMessage(errorTlv(code, value)), reason, detail };
}

function unauthorized(detail: string, reason: FailureReason = 'not-authorized'): ServerStep {
  const bytes = encodeMessage(errorTlv(rfc.ERROR_NOT_AUTHORIZED, Uint8Array.of(0)));
  return { kind: 'reply', bytes, reason, detail };
}
