// The router's side of Convert towards a converter of others: plain RFC 8803, with the cookies that it gives out.
//
// Nothing here is proved to anybody: whoever is on the way can read, change and answer everything.
import { type Address, type Family, familyOf, formatAddress } from '../../base/address.ts';
import { type ClientHandshake, type ClientStep, type ClientTransport, MAX_RETRIES } from '../handshake.ts';
import { refused } from '../refused.ts';
import { readReply } from './client-step.ts';
import * as rfc from './constants.ts';
import { fromWire, tellsDelay } from './errors.ts';
import { connectTlv, cookieTlv, encodeMessage, findTlv, infoTlv, type Tlv, viewOf } from './message.ts';

/** What asks a server for nothing but a sign that it is one. */
export interface Asking {
  ask(): ClientHandshake;
}

const RETRY: ClientStep = { kind: 'retry' };
const ESTABLISHED = { kind: 'established', families: undefined } as const;

export function createForeignClient(): ClientTransport & Asking {
  /** By our address: a converter binds them to it. */
  const cookies = new Map<string, Buffer>();
  return {
    start: (target) => new Handshake(cookies, connectTlv(target), familyOf(target.address), judgeConnect),
    ask: () => new Handshake(cookies, infoTlv(), 4, judgeInfo),
  };
}

/** What a message without an error means. */
type Judge = (message: Buffer, tlvs: readonly Tlv[]) => ClientStep;

const judgeConnect: Judge = (message) => ({ ...ESTABLISHED, consumed: message.length });

function judgeInfo(message: Buffer, tlvs: readonly Tlv[]): ClientStep {
  const tlv = findTlv(tlvs, rfc.TLV_SUPPORTED_TCP_EXTENSIONS);
  // Behind two bytes that say nothing; zeros may follow.
  const kinds = tlv && message.subarray(tlv.start + 4, tlv.end);
  if (kinds && !kinds.includes(rfc.TCP_OPTION_MPTCP))
    return refused('unsupported', 'the converter does not offer Multipath TCP');
  return { ...ESTABLISHED, consumed: message.length };
}

class Handshake implements ClientHandshake {
  readonly #cookies: Map<string, Buffer>;
  readonly #request: Buffer;
  readonly #family: Family;
  readonly #judge: Judge;
  #from = '';
  #sent: Buffer | undefined;
  #retries = 0;

  constructor(cookies: Map<string, Buffer>, request: Buffer, family: Family, judge: Judge) {
    this.#cookies = cookies;
    this.#request = request;
    this.#family = family;
    this.#judge = judge;
  }

  hello(early: Uint8Array, from?: Address): Buffer {
    this.#from = from ? formatAddress(from) : '';
    const cookie = this.#cookies.get(this.#from);
    this.#sent = cookie;
    const message = cookie ? encodeMessage(this.#request, cookieTlv(cookie)) : encodeMessage(this.#request);
    return Buffer.concat([message, viewOf(early)]);
  }

  receive(bytes: Uint8Array): ClientStep {
    return readReply(bytes, (message, tlvs) => {
      const error = findTlv(tlvs, rfc.TLV_ERROR);
      return error ? this.#judgeError(message, error) : this.#judge(message, tlvs);
    });
  }

  #judgeError(message: Buffer, error: Tlv): ClientStep {
    const code = message.readUInt8(error.start + 2);
    const value = message.readUInt8(error.start + 3);
    if (code === rfc.ERROR_MISSING_COOKIE)
      return this.#learn(message.subarray(error.start + rfc.COOKIE_VALUE_AT, error.end));
    // A cookie may have become old, or the server new: once without it, and there comes another.
    if (code === rfc.ERROR_NOT_AUTHORIZED && this.#sent && this.#retries < MAX_RETRIES) {
      // Another flow may have its successor already.
      if (this.#cookies.get(this.#from) === this.#sent) this.#cookies.delete(this.#from);
      return this.#retry();
    }
    // Info is optional: who says so in an error of the protocol is a converter all the same.
    if (code === rfc.ERROR_UNSUPPORTED_MESSAGE && this.#judge === judgeInfo)
      return { ...ESTABLISHED, consumed: message.length };
    const delayS = tellsDelay(code) && value > 0 ? value : undefined;
    return refused(fromWire({ code, value }, this.#family), `the converter answered error ${code}`, delayS);
  }

  #learn(cookie: Buffer): ClientStep {
    if (cookie.length === 0 || cookie.length > rfc.MAX_COOKIE_BYTES)
      return refused('malformed', `a cookie of ${cookie.length} bytes`);
    if (this.#sent || this.#retries >= MAX_RETRIES)
      return refused('not-authorized', 'the converter did not take its own cookie');
    this.#cookies.set(this.#from, Buffer.from(cookie));
    return this.#retry();
  }

  #retry(): ClientStep {
    this.#retries++;
    return RETRY;
  }
}
