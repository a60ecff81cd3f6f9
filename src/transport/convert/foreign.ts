// Requests without a key: as RFC 8803 has them, from clients that the server knows by their address.
import type { Address } from '../../base/address.ts';
import type { ServerStep } from '../handshake.ts';
import { afterZero, connect, FOREIGN_VOICE, refusal, unauthorized, unsupported } from './answer.ts';
import * as rfc from './constants.ts';
import type { ForeignCookies } from './foreign-cookie.ts';
import { findTlv, type Tlv } from './message.ts';

export interface ForeignRequest {
  readonly message: Buffer;
  readonly tlvs: readonly Tlv[];
  /** From where it came, when that may use the server without a key. */
  readonly client: Address | undefined;
}

/** @param tcpOptions see `connect` */
export function serveForeign(
  { message, tlvs, client }: ForeignRequest,
  cookies: ForeignCookies,
  tcpOptions: readonly number[],
): ServerStep {
  if (!client) return unauthorized('no authentication TLV');
  const request = {
    message,
    tlvs,
    voice: FOREIGN_VOICE,
    keyId: undefined,
    who: 'a client without key',
    hints: { isLossy: false },
  };
  if (findTlv(tlvs, rfc.TLV_RESUME) ?? findTlv(tlvs, rfc.TLV_WARM))
    return unsupported(request, 'a TLV that takes a proof');
  const tlv = findTlv(tlvs, rfc.TLV_COOKIE);
  if (!tlv) {
    const cookie = afterZero(cookies.issue(client));
    return refusal(
      FOREIGN_VOICE,
      rfc.ERROR_MISSING_COOKIE,
      cookie,
      undefined,
      'a client without key was sent a cookie',
    );
  }
  const isGood = cookies.isGood(client, message.subarray(tlv.start + rfc.COOKIE_VALUE_AT, tlv.end));
  return isGood ? connect(request, undefined, tcpOptions) : unauthorized('no cookie of ours, or an old one');
}
