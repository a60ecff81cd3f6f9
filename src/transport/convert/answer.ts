// What the server answers: a dial with its two replies, an error TLV with or without our tag.
import type { KeyObject } from 'node:crypto';
import { familyOf, type SocketAddress } from '../../base/address.ts';
import type { FailureReason } from '../failure.ts';
import type { Answers, DialStep, ServerStep } from '../handshake.ts';
import * as rfc from './constants.ts';
import { toWire } from './errors.ts';
import { encodeMessage, errorTlv, extensionsTlv, findTlv, readConnect, type Tlv } from './message.ts';
import { signedReply } from './reply.ts';
import { isNoTarget } from './target.ts';

/** A request whose tag is right. */
export interface Proven {
  readonly message: Buffer;
  readonly tlvs: readonly Tlv[];
  readonly keyId: number;
  readonly serverToClient: KeyObject;
  readonly nonce: Buffer;
  readonly timeMs: number;
  readonly flags: number;
  readonly requestTag: Buffer;
}

/** A refusal is always told. */
export interface ConvertAnswers extends Answers {
  refuse(reason: FailureReason, retryAfterS?: number): Buffer;
}

export interface ConvertDial extends DialStep, ConvertAnswers {
  refuse: ConvertAnswers['refuse'];
  readonly target: SocketAddress;
  /** `attempt` is 0, or that of the hello's `ResumePoint` when the one before it never came. */
  readonly resumable: { readonly flowId: string; readonly attempt: number };
}

/** @param flowNonce of the hello that the flow is named by */
export function connect(request: Proven, flowNonce: Buffer): Exclude<ServerStep, DialStep> | ConvertDial {
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
  return dial(request, target, flowNonce, info);
}

function dial(
  request: Proven,
  target: SocketAddress,
  flowNonce: Buffer,
  info: readonly Buffer[],
): ConvertDial {
  const { serverToClient, requestTag, keyId } = request;
  return {
    kind: 'dial',
    target,
    who: `key ${keyId}`,
    keyId,
    resumable: { flowId: `${keyId} ${flowNonce.toString('latin1')}`, attempt: 0 },
    hints: { isLossy: (request.flags & rfc.FLAG_LOSSY) !== 0 },
    consumed: request.message.length,
    ...answers(serverToClient, requestTag, target, info),
  };
}

export function answers(
  key: KeyObject,
  requestTag: Uint8Array,
  target: SocketAddress,
  info: readonly Buffer[] = [],
): ConvertAnswers {
  return {
    accept: (families) => signedReply(key, requestTag, families, ...info),
    refuse(reason, retryAfterS) {
      const { code, value } = toWire(reason, familyOf(target.address), retryAfterS);
      return signedReply(key, requestTag, undefined, errorTlv(code, Uint8Array.of(value)));
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

/** A TLV as it came, for an echo. */
export const slice = (message: Buffer, tlv: Tlv): Buffer => message.subarray(tlv.start, tlv.end);
/** Error 1 and Error 3 keep their value aligned behind a zero byte. */
export const afterZero = (bytes: Uint8Array): Buffer => Buffer.concat([Buffer.alloc(1), bytes]);

type Reply = Extract<ServerStep, { kind: 'reply' }>;

export function signed(
  request: Proven,
  code: number,
  value: Uint8Array,
  reason: FailureReason,
  detail: string,
): Reply {
  const error = errorTlv(code, value, rfc.REPLY_BYTES);
  const bytes = signedReply(request.serverToClient, request.requestTag, undefined, error);
  return { kind: 'reply', bytes, reason, detail };
}

/** The connection stays for a hello that comes later. */
export function keep({ serverToClient, requestTag, keyId, message }: Proven): ServerStep {
  const error = errorTlv(rfc.ERROR_RESOURCE_EXCEEDED, Uint8Array.of(rfc.FULL_RETRY_AFTER_S));
  return {
    kind: 'keep',
    keyId,
    consumed: message.length,
    accept: signedReply(serverToClient, requestTag, undefined),
    refuse: signedReply(serverToClient, requestTag, undefined, error),
  };
}

export function unsigned(code: number, value: Uint8Array, detail: string): ServerStep {
  const reason = code === rfc.ERROR_MALFORMED ? 'malformed' : 'unsupported';
  return { kind: 'reply', bytes: encodeMessage(errorTlv(code, value)), reason, detail };
}

export function unauthorized(detail: string, reason: FailureReason = 'not-authorized'): ServerStep {
  const bytes = encodeMessage(errorTlv(rfc.ERROR_NOT_AUTHORIZED, Uint8Array.of(0)));
  return { kind: 'reply', bytes, reason, detail };
}
