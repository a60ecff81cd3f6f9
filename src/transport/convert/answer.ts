// What the server answers: a dial with its two replies, or an error TLV, with our tag for who has proved a key.
import { familyOf, type SocketAddress } from '../../base/address.ts';
import type { FailureReason } from '../failure.ts';
import type { Answers, DialStep, Families, PathHints, ServerStep } from '../handshake.ts';
import * as rfc from './constants.ts';
import { toWire } from './errors.ts';
import type { HmacKey } from './hmac.ts';
import {
  encodeMessage,
  errorTlv,
  extendedHeaderTlv,
  extensionsTlv,
  findTlv,
  readConnect,
  type Tlv,
} from './message.ts';
import { signedReply } from './reply.ts';
import { isNoTarget } from './target.ts';
import { wantedOptions } from './tcp-options.ts';

/** How replies are written: signed for one request, or as RFC 8803 has them. */
export interface Voice {
  readonly isForeign: boolean;
  readonly say: (families: Families | undefined, ...tlvs: readonly Uint8Array[]) => Buffer;
}

export const FOREIGN_VOICE: Voice = { isForeign: true, say: (_families, ...tlvs) => encodeMessage(...tlvs) };

export function signedVoice(key: HmacKey, requestTag: Uint8Array): Voice {
  return { isForeign: false, say: (families, ...tlvs) => signedReply(key, requestTag, families, ...tlvs) };
}

/** A request of somebody who may use the server. */
export interface Request {
  readonly message: Buffer;
  readonly tlvs: readonly Tlv[];
  readonly voice: Voice;
  readonly keyId: number | undefined;
  /** For the log. */
  readonly who: string;
  readonly hints: PathHints;
}

/** A refusal is always told. */
export interface ConvertAnswers extends Answers {
  refuse(reason: FailureReason, icmpCode?: number): Buffer;
}

export interface ConvertDial extends DialStep, ConvertAnswers {
  refuse: ConvertAnswers['refuse'];
  readonly target: SocketAddress;
}

type Reply = Extract<ServerStep, { kind: 'reply' }>;

/**
 * @param flowId of the flow that may be resumed
 * @param tcpOptions kinds of the TCP options that our SYNs have
 */
export function connect(
  request: Request,
  flowId: string | undefined,
  tcpOptions: readonly number[],
): Exclude<ServerStep, DialStep> | ConvertDial {
  const { message, tlvs, voice, keyId, who, hints } = request;
  const tlv = findTlv(tlvs, rfc.TLV_CONNECT);
  const question = findTlv(tlvs, rfc.TLV_INFO);
  if (question && question.end - question.start !== rfc.INFO_BYTES)
    return malformed(request, 'Info TLV of another size');
  const info = question ? [extensionsTlv(...tcpOptions)] : [];
  if (!tlv) {
    if (!question) return malformed(request, 'no Connect TLV');
    const bytes = voice.say(undefined, ...info);
    return { kind: 'reply', bytes, reason: undefined, detail: 'told the supported TCP extensions' };
  }
  if (tlv.end - tlv.start < rfc.CONNECT_BYTES) return malformed(request, 'short Connect TLV');
  const target = readConnect(message, tlv);
  if (isNoTarget(target.address, target.port))
    return malformed(request, 'the target is no unicast address and port');
  const wanted = wantedOptions(message.subarray(tlv.start + rfc.CONNECT_BYTES, tlv.end), tcpOptions);
  if (wanted.kind === 'malformed') return malformed(request, 'TCP options of a bad length');
  if (wanted.kind === 'unsupported') {
    const { kinds } = wanted;
    return refusal(
      voice,
      rfc.ERROR_UNSUPPORTED_TCP_OPTION,
      kinds,
      'unsupported',
      `TCP options ${kinds.join(', ')}`,
    );
  }
  const isExtended = tlv.end - tlv.start > rfc.CONNECT_BYTES;
  return {
    kind: 'dial',
    target,
    who,
    keyId,
    ...(flowId === undefined ? { isStranger: true } : { resumable: { flowId, attempt: 0 } }),
    hints,
    consumed: message.length,
    ...(isExtended && { remoteLeg: { isMultipath: wanted.mptcp }, wantsSynAck: true }),
    ...answers(voice, target, info),
  };
}

export function answers(
  { isForeign, say }: Voice,
  target: SocketAddress,
  info: readonly Buffer[] = [],
): ConvertAnswers {
  return {
    accept: (families, { synAckOptions } = {}) =>
      say(families, ...(synAckOptions ? [extendedHeaderTlv(synAckOptions)] : []), ...info),
    refuse(reason, icmpCode) {
      const { code, value } = toWire(reason, familyOf(target.address), { icmpCode, isForeign });
      return say(undefined, errorTlv(code, Uint8Array.of(value)));
    },
  };
}

/** The value of Error 1 and Error 2: the whole message behind a zero byte, which keeps it aligned. */
export const echoOf = (message: Uint8Array): Buffer => afterZero(message);

/** Error 3 has its cookie there. */
export const afterZero = (bytes: Uint8Array): Buffer => Buffer.concat([Buffer.alloc(1), bytes]);

export function malformed({ voice, message }: Pick<Request, 'voice' | 'message'>, detail: string): Reply {
  return refusal(voice, rfc.ERROR_MALFORMED, echoOf(message), 'malformed', detail);
}

export function unsupported({ voice, message }: Pick<Request, 'voice' | 'message'>, detail: string): Reply {
  return refusal(voice, rfc.ERROR_UNSUPPORTED_MESSAGE, echoOf(message), 'unsupported', detail);
}

/** @param reason undefined where it is no failure but a step on the way */
export function refusal(
  voice: Voice,
  code: number,
  value: Uint8Array,
  reason: FailureReason | undefined,
  detail: string,
): Reply {
  const besideBytes = voice.isForeign ? 0 : rfc.REPLY_BYTES;
  return { kind: 'reply', bytes: voice.say(undefined, errorTlv(code, value, besideBytes)), reason, detail };
}

/** Without our tag: nobody has proved anything. */
export function unauthorized(detail: string, reason: FailureReason = 'not-authorized'): Reply {
  return refusal(FOREIGN_VOICE, rfc.ERROR_NOT_AUTHORIZED, Uint8Array.of(0), reason, detail);
}

/** The connection stays for a hello that comes later. @param keyId of who has proved it */
export function keep({ voice, message }: Pick<Request, 'voice' | 'message'>, keyId: number): ServerStep {
  const error = errorTlv(rfc.ERROR_RESOURCE_EXCEEDED, Uint8Array.of(rfc.FULL_RETRY_AFTER_S));
  return {
    kind: 'keep',
    keyId,
    consumed: message.length,
    accept: voice.say(undefined),
    refuse: voice.say(undefined, error),
  };
}
