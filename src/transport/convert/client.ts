// The router's side of Convert: hello with target, proof and first bytes in one write; reply checked before a byte
// of it is believed.
import { type Family, familyOf } from '../../base/address.ts';
import type { ClientHandshake, ClientStep, ClientTransport, PathHints, ResumePoint } from '../handshake.ts';
import { refused } from '../refused.ts';
import { requestPrefix, sign } from './auth.ts';
import { readReply } from './client-step.ts';
import { writeTimeMs } from './clock.ts';
import {
  ALG_HMAC_SHA256_128,
  AUTH_BYTES,
  AUTH_FLAGS_AT,
  AUTH_KEY_ID_AT,
  AUTH_NONCE_AT,
  AUTH_TAG_AT,
  AUTH_TIME_AT,
  COOKIE_BYTES,
  ERROR_MISSING_COOKIE,
  FLAG_LOSSY,
  HEADER_BYTES,
  MAX_RESUME_ATTEMPTS,
  NONCE_BYTES,
  PAST_WINDOW_MS,
  TAG_BYTES,
  TLV_AUTH,
  TLV_ERROR,
  TLV_REPLY,
  WORD_BYTES,
} from './constants.ts';
import { cookieIssuedAtMs } from './cookie.ts';
import { fromWire, mayBeUnsigned, tellsDelay } from './errors.ts';
import { type DerivedKeys, deriveKeys } from './keys.ts';
import { connectTlv, cookieTlv, findTlv, infoTlv, type Tlv, warmTlv, writeHeader } from './message.ts';
import { resumeTlv } from './resume.ts';
import { replyFamilies, replyIsSigned } from './reply.ts';

export interface ConvertClientOptions {
  /** The server's name for itself; a hello is good at that server only. */
  readonly serverId: string;
  readonly keyId: number;
  /** 32 bytes. */
  readonly psk: Uint8Array;
  /** Milliseconds since 1970, right or wrong. */
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
}

export interface ConvertClient extends ClientTransport {
  /** Asks for nothing but an answer that proves the key on both sides: no target is dialled. */
  ask(): ClientHandshake;
  /** Server time minus ours, learned from an authenticated cookie; undefined while our clock was good enough. */
  readonly clockOffsetMs: number | undefined;
}

interface Shared {
  readonly options: ConvertClientOptions;
  readonly keys: DerivedKeys;
  readonly prefix: Buffer;
  clockOffsetMs: number | undefined;
}

/** @throws WanbondError `bad-key` */
export function createConvertClient(options: ConvertClientOptions): ConvertClient {
  const shared: Shared = {
    options,
    keys: deriveKeys({ id: options.keyId, psk: options.psk }),
    prefix: requestPrefix(options.serverId),
    clockOffsetMs: undefined,
  };
  return {
    start: (target, hints) =>
      new Handshake(shared, connectTlv(target), familyOf(target.address), flagsOf(hints)),
    ask: () => new Handshake(shared, infoTlv(), 4, 0),
    warm: () => new Handshake(shared, warmTlv(), 4, 0),
    get clockOffsetMs() {
      return shared.clockOffsetMs;
    },
  };
}

function flagsOf(hints: PathHints | undefined): number {
  return hints?.isLossy ? FLAG_LOSSY : 0;
}

const RETRY: ClientStep = { kind: 'retry' };
/** Before the hello. */
const NO_TAG: Buffer = Buffer.alloc(TAG_BYTES);
const UNSIGNED = 'server-reply-unauthenticated';

class Handshake implements ClientHandshake {
  private readonly shared: Shared;
  /** The TLVs that say what is wanted. */
  private readonly request: Buffer;
  private readonly targetFamily: Family;
  private readonly flags: number;
  private readonly nonce: Uint8Array;
  private requestTag = NO_TAG;
  private cookie: Buffer | undefined;
  private helloAtMs = 0;

  constructor(shared: Shared, request: Buffer, targetFamily: Family, flags: number) {
    this.shared = shared;
    this.request = request;
    this.targetFamily = targetFamily;
    this.flags = flags;
    this.nonce = shared.options.random(NONCE_BYTES);
  }

  resume(point: ResumePoint): ClientHandshake | undefined {
    if (point.attempt > MAX_RESUME_ATTEMPTS) return undefined;
    const request = Buffer.concat([this.request, resumeTlv(this.nonce, point)]);
    return new Handshake(this.shared, request, this.targetFamily, this.flags);
  }

  hello(early: Uint8Array): Buffer {
    const { options, keys, prefix, clockOffsetMs } = this.shared;
    this.helloAtMs = options.now();
    const cookie = this.cookie && cookieTlv(this.cookie);
    const cookieAt = HEADER_BYTES + this.request.length;
    const authAt = cookieAt + (cookie?.length ?? 0);
    const end = authAt + AUTH_BYTES;
    // All of it is written.
    const out = Buffer.allocUnsafe(end + early.length);
    writeHeader(out, end);
    out.set(this.request, HEADER_BYTES);
    if (cookie) out.set(cookie, cookieAt);
    out.writeUInt8(TLV_AUTH, authAt);
    out.writeUInt8(AUTH_BYTES / WORD_BYTES, authAt + 1);
    out.writeUInt8(ALG_HMAC_SHA256_128, authAt + 2);
    out.writeUInt8(this.flags, authAt + AUTH_FLAGS_AT);
    out.writeUInt32BE(options.keyId, authAt + AUTH_KEY_ID_AT);
    writeTimeMs(out, authAt + AUTH_TIME_AT, this.helloAtMs + (clockOffsetMs ?? 0));
    out.set(this.nonce, authAt + AUTH_NONCE_AT);
    const tagAt = authAt + AUTH_TAG_AT;
    sign(keys.clientToServer, prefix, out.subarray(0, end), tagAt);
    this.requestTag = Buffer.from(out.subarray(tagAt, tagAt + TAG_BYTES));
    out.set(early, end);
    return out;
  }

  receive(bytes: Uint8Array): ClientStep {
    return readReply(bytes, (message, tlvs) => this.judge(message, tlvs));
  }

  private judge(message: Buffer, tlvs: readonly Tlv[]): ClientStep {
    const reply = findTlv(tlvs, TLV_REPLY);
    const error = findTlv(tlvs, TLV_ERROR);
    const signed = replyIsSigned(this.shared.keys.serverToClient, this.requestTag, message, reply);
    if (error) return this.judgeError(message, error, signed, reply !== undefined);
    if (!signed || !reply) {
      return refused(UNSIGNED, reply ? 'the reply has a wrong tag' : 'the reply has no tag');
    }
    return { kind: 'established', consumed: message.length, families: replyFamilies(message, reply) };
  }

  private judgeError(message: Buffer, error: Tlv, signed: boolean, claimsTag: boolean): ClientStep {
    const code = message.readUInt8(error.start + 2);
    const value = message.readUInt8(error.start + 3);
    if (!signed && (claimsTag || !mayBeUnsigned(code))) {
      return refused(UNSIGNED, `error ${code} ${claimsTag ? 'with a wrong tag' : 'without a tag'}`);
    }
    if (code === ERROR_MISSING_COOKIE) return this.learn(message.subarray(error.start + 4, error.end));
    const reason = fromWire({ code, value }, this.targetFamily);
    const delayS = signed && tellsDelay(code) && value > 0 ? value : undefined;
    return refused(reason, `the server answered error ${code}`, delayS);
  }

  /** Only ever called with a signed cookie. */
  private learn(cookie: Buffer): ClientStep {
    if (cookie.length !== COOKIE_BYTES) return refused('clock', 'the server sent a cookie of another size');
    if (this.cookie) return refused('clock', 'the server did not take its own cookie');
    const elapsedMs = Math.max(0, this.shared.options.now() - this.helloAtMs);
    // Somebody may have held the reply back to make us learn an old time.
    if (elapsedMs > PAST_WINDOW_MS)
      return refused('clock', 'the cookie came too late to learn the time from');
    this.shared.clockOffsetMs = cookieIssuedAtMs(cookie) - (this.helloAtMs + elapsedMs / 2);
    this.cookie = Buffer.from(cookie);
    return RETRY;
  }
}
